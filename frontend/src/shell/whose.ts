/** With which companion a conversation is: told only where there are several. */
export interface Named {
  id: number;
  name: string;
}

/** The name of a companion by its id; empty where there is but one, or where it is not known here. */
export function naming(companions: Named[]): (companion: number | undefined) => string {
  if (companions.length < 2) return () => "";
  const names = new Map(companions.map(({ id, name }) => [id, name]));
  return (companion) => (companion === undefined ? "" : (names.get(companion) ?? ""));
}
