/* A page whose scripts are gone, as after an update under it, says so: base.html has the words. Its name stays the same. */
addEventListener(
  "error",
  ({ target }) => {
    const asked = target instanceof HTMLScriptElement || (target instanceof HTMLLinkElement && /stylesheet|modulepreload/.test(target.rel));
    if (!asked) return;
    const show = () => (document.getElementById("missing").hidden = false);
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", show);
    else show();
  },
  true,
);
