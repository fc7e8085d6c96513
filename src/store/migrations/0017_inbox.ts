/**
 * What the web inbox needs: people who sign in, their sessions and browsers to wake, who has tried too often, and the
 * search over messages and people. Triggers keep the search: whatever writes a text, it is noted as due for the index, which
 * costs its transaction little (`search-index.ts` does the rest, many at once); whatever wipes it, nothing of it is left in the
 * index (`secure-delete`), at once. The index names rows by numbers of its own, because those of a table with
 * a text as its key may change.
 */
import { type Kysely, sql } from 'kysely'

/** Words of what is searched; a number is found by any of its ends, so that every part of it is a beginning. */
const NUMBER_ENDS = Array.from({ length: 12 }, (_, index) => `' ' || substr(e164, ${index + 2})`).join(' || ')
const TOKENS = `tokenize = 'signal_tokenizer', prefix = '1 2 3'`
const isSearched = (row: string) => `${row}.text <> '' and ${row}.removed_at_ms is null and ${row}.notice is null`
const indexMessage = `insert into message_search_due (message_id) values (new.id);`
const forgetMessage = `insert into message_search (message_search, rowid, text, place)
    select 'delete', id, old.text, old.conversation_id from message_search_rows where message_id = old.id;
  delete from message_search_rows where message_id = old.id;`

const people = `select s.id, coalesce(c.name, '') || ' ' || coalesce(c.profile_name, '') || ' ' || coalesce(c.sender, '')
    || coalesce(${NUMBER_ENDS.replaceAll('e164', 'c.e164')}, '') as words
    from people_search_rows s join contacts c on c.id = s.contact_id
  union all
  select s.id, g.title from people_search_rows s join groups g on g.id = s.group_id`
const indexPeople = (column: string) => `insert into people_search_rows (${column}) values (new.id);
  insert into people_search (rowid, words)
    select v.id, v.words from people_search_rows s join people_search_words v on v.id = s.id where s.${column} = new.id;`
const forgetPeople = (column: string) => `insert into people_search (people_search, rowid, words)
    select 'delete', v.id, v.words from people_search_rows s join people_search_words v on v.id = s.id
    where s.${column} = old.id;
  delete from people_search_rows where ${column} = old.id;`

const statements = [
  `create table users (
    id text primary key check (id glob 'usr_*'),
    name text not null collate nocase unique check (length(name) between 1 and 64),
    role text not null check (role in ('viewer', 'sender', 'admin')),
    password_hash text not null check (password_hash glob '$scrypt$*'),
    version integer not null default 1,
    created_at_ms integer not null,
    updated_at_ms integer not null
  ) strict`,
  `create table sessions (
    id text primary key check (id glob 'ses_*'),
    user_id text not null references users (id) on delete cascade,
    secret_sha256 text not null unique,
    user_agent text,
    address text,
    created_at_ms integer not null,
    seen_at_ms integer not null
  ) strict`,
  'create index sessions_by_user on sessions (user_id)',
  `create table login_tries (
    key text primary key,
    tries integer not null check (tries >= 1),
    last_at_ms integer not null,
    not_before_ms integer not null
  ) strict, without rowid`,
  'create index login_tries_by_time on login_tries (last_at_ms)',
  `create table push_subscriptions (
    id text primary key check (id glob 'psh_*'),
    session_id text not null references sessions (id) on delete cascade,
    endpoint text not null unique,
    created_at_ms integer not null,
    woken_at_ms integer,
    failures integer not null default 0 check (failures >= 0)
  ) strict`,
  'create index push_subscriptions_by_session on push_subscriptions (session_id)',

  `create table message_search_rows (
    id integer primary key,
    message_id text not null unique references messages (id) on delete cascade
  ) strict`,
  'create table message_search_due (id integer primary key, message_id text not null) strict',
  `create view message_search_texts as
    select s.id, m.text, m.conversation_id as place from message_search_rows s join messages m on m.id = s.message_id`,
  `create virtual table message_search using fts5 (text, place, content = 'message_search_texts', content_rowid = 'id', ${TOKENS})`,
  `insert into message_search (message_search, rank) values ('secure-delete', 1)`,
  // A piece of the index in one page of the database.
  `insert into message_search (message_search, rank) values ('pgsz', 880)`,
  `insert into message_search_rows (message_id)
    select id from messages where ${isSearched('messages')} order by created_at_ms, id`,
  `insert into message_search (message_search) values ('rebuild')`,
  `create trigger message_search_new after insert on messages when ${isSearched('new')} begin ${indexMessage} end`,
  `create trigger message_search_changed after update of text, removed_at_ms, conversation_id on messages
    when old.text <> new.text or old.removed_at_ms is not new.removed_at_ms
      or old.conversation_id <> new.conversation_id begin
    ${forgetMessage}
    insert into message_search_due (message_id) select new.id where ${isSearched('new')};
  end`,
  `create trigger message_search_gone before delete on messages begin ${forgetMessage} end`,

  `create table people_search_rows (
    id integer primary key,
    contact_id text unique references contacts (id) on delete cascade,
    group_id text unique references groups (id) on delete cascade,
    check ((contact_id is null) <> (group_id is null))
  ) strict`,
  `create view people_search_words as ${people}`,
  `create virtual table people_search using fts5 (words, content = 'people_search_words', content_rowid = 'id', ${TOKENS})`,
  `insert into people_search (people_search, rank) values ('secure-delete', 1)`,
  'insert into people_search_rows (contact_id) select id from contacts order by created_at_ms, id',
  'insert into people_search_rows (group_id) select id from groups order by created_at_ms, id',
  `insert into people_search (people_search) values ('rebuild')`,
  ...(
    [
      ['contacts', 'contact_id', 'name, profile_name, e164, sender'],
      ['groups', 'group_id', 'title'],
    ] as const
  ).flatMap(([table, column, columns]) => [
    `create trigger ${table}_search_new after insert on ${table} begin ${indexPeople(column)} end`,
    // What the view says of a row is gone once the row has changed.
    `create trigger ${table}_search_changing before update of ${columns} on ${table} begin ${forgetPeople(column)} end`,
    `create trigger ${table}_search_changed after update of ${columns} on ${table} begin ${indexPeople(column)} end`,
    `create trigger ${table}_search_gone before delete on ${table} begin ${forgetPeople(column)} end`,
  ]),

  'create index contacts_by_time on contacts (created_at_ms, id)',
  'create index conversations_unread on conversations (last_message_at_ms, id) where unread > 0',
  'create index conversations_pinned on conversations (last_message_at_ms, id) where pinned = 1',
  'create index conversations_groups_by_time on conversations (last_message_at_ms, id) where group_id is not null',
  `create index messages_failed on messages (conversation_id, created_at_ms)
    where direction = 'out' and state in ('failed', 'expired')`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
