/** The steps of the first hour, in the order in which they are gone through. */
export const SETUP_STEPS = ['password', 'modem', 'mode', 'signal', 'backup-key', 'notifications'] as const
