/** Which of the messages that wait for the same modem, or for Signal, goes first. Pure. */

/** The first goes before all others, the last behind them; within a conversation the order stays as it was written. */
export const PRIORITIES = ['urgent', 'normal', 'bulk'] as const
export type Priority = (typeof PRIORITIES)[number]
