// Times as one tells them to people who wait.

/** "4 min", "1 min" at least. */
export const minutes = (seconds) => `${Math.max(1, Math.round(seconds / 60))} min`;
