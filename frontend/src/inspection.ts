/** The pages of inspection have no script of their own: their look alone. */
import "./styles/rosemary.css";
import "./styles/inspection.css";
