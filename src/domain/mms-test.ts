/** The steps of a message that a modem sends to itself, in their order: the way out as the driver has it, then the way back. */
export const MMS_TEST_STEPS = ['bearer', 'dns', 'proxy', 'http', 'pdu', 'push', 'fetch'] as const
