/** Tables of the Signal account: identities, sessions, pre-keys, sender keys, the send log. */
// biome-ignore lint/suspicious/noEmptyInterface: the tables come with migration 0002
export interface SignalTables {}
