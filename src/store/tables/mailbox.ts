/** Tables of messages, conversations, contacts, attempts, jobs of the house. Filled in by the store. */
// biome-ignore lint/suspicious/noEmptyInterface: the tables come with migration 0001
export interface MailboxTables {}
