/** When two inbound messages over different transports are the same words: a sender's gateway or phone fell back. */

/** Twins are sent within this time of each other: a usual fallback time and some minutes. */
export const TWIN_WINDOW_MS = 20 * 60_000

/** What is left of a text when what a phone network's alphabet and keyboards change is taken away. */
export function normalisedText(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[‘’‚‛`´]/g, "'")
    .replace(/[“”„‟«»]/g, '"')
    .replace(/[‐‑‒–—−]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
}
