/**
 * How a message travels: pure rules from facts and policy to a plan. Filled in below by `planRoute`.
 */

/** integrated: both transports; data_only: Signal alone; sms_only: texts alone. */
export const MODES = ['integrated', 'data_only', 'sms_only'] as const
export type Mode = (typeof MODES)[number]
