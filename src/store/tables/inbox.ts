/**
 * The newest schema of what belongs to the web inbox alone, as types; migrations/0017_inbox.ts has it as SQL with its
 * rules. All times are ms since the epoch.
 */
import type { Generated, Selectable } from 'kysely'
import type { Role } from '../../domain/roles.ts'

interface UsersTable {
  id: string
  /** Letter case tells nobody apart. */
  name: string
  role: Role
  /** PHC string, parameters included. */
  password_hash: string
  version: Generated<number>
  created_at_ms: number
  updated_at_ms: number
}

interface SessionsTable {
  id: string
  user_id: string
  secret_sha256: string
  user_agent: string | null
  address: string | null
  created_at_ms: number
  seen_at_ms: number
}

interface LoginTriesTable {
  key: string
  tries: number
  last_at_ms: number
  not_before_ms: number
}

interface PushSubscriptionsTable {
  id: string
  session_id: string
  endpoint: string
  created_at_ms: number
  woken_at_ms: number | null
  /** In a row. */
  failures: Generated<number>
}

/** Numbers of the full-text index for messages; the index itself is asked in SQL. */
interface MessageSearchRowsTable {
  id: Generated<number>
  message_id: string
}

/** Texts that are to be put into the index, or not any more: what has become of their message decides. */
interface MessageSearchDueTable {
  id: Generated<number>
  message_id: string
}

interface PeopleSearchRowsTable {
  id: Generated<number>
  contact_id: string | null
  group_id: string | null
}

export interface InboxTables {
  users: UsersTable
  sessions: SessionsTable
  login_tries: LoginTriesTable
  push_subscriptions: PushSubscriptionsTable
  message_search_rows: MessageSearchRowsTable
  message_search_due: MessageSearchDueTable
  people_search_rows: PeopleSearchRowsTable
}

export type UserRow = Selectable<UsersTable>
export type SessionRow = Selectable<SessionsTable>
