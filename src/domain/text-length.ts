/**
 * How long a message may be over any transport, in UTF-16 units: whatever is longer is no message but a book. Transports
 * have lower bounds of their own.
 */
export const TEXT_CHARS_MAX = 20_000
