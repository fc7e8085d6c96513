/**
 * What the inbox asks of the API all day, in a mailbox of years: 100,000 messages in 1,000 conversations. The gateway is a
 * process of its own and is asked over its Unix socket, a new connection each time.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createIds } from '../src/domain/ids.ts'
import { House } from '../src/sandbox/house.ts'
import { openDatabase } from '../src/store/database.ts'
import { readKeyFile } from '../src/store/keyfile.ts'
import type { Benchmark, Measured } from './benchmark.ts'

const CONVERSATIONS = 1_000
const MESSAGES = 100_000
const BATCH = 500
const ROUNDS = 60
const WARM_UP = 10
const DAY_MS = 86_400_000
const WORDS =
  `meeting tomorrow garden invoice delivered kitchen about train station please call later thanks morning parcel
 arrived number holiday evening birthday ticket doctor appointment weather server alert temperature battery window door
 coffee lunch dinner message question answer school teacher monday friday weekend picture video address street city`.split(
    /\s+/,
  )

/** The same each time. */
function textOf(index: number): string {
  const length = 3 + (index % 15)
  return Array.from({ length }, (_, n) => WORDS[(index * 7 + n * 13 + ((index * n) % 5)) % WORDS.length]).join(' ')
}

async function seed(house: House): Promise<{ conversationId: string }> {
  const data = join(house.directory, 'data')
  const key = await readKeyFile(join(data, 'db.key'), { mayCreate: false, mayBeShared: false })
  const db = await openDatabase({ path: join(data, 'causeway.db'), key })
  const nowMs = Date.now()
  const ids = createIds(
    () => nowMs,
    (count) => new Uint8Array(randomBytes(count)),
  )
  const people = Array.from({ length: CONVERSATIONS }, (_, n) => ({ contact: ids('con'), conversation: ids('cnv'), n }))
  await db.transaction().execute(async (tx) => {
    for (const { contact, conversation, n } of people) {
      const times = { created_at_ms: nowMs - n, updated_at_ms: nowMs }
      const e164 = `+1555${String(1_000_000 + n)}`
      await tx
        .insertInto('contacts')
        .values({ id: contact, e164, name: `Person ${n} ${WORDS[n % WORDS.length]}`, ...times })
        .execute()
      const last = { last_message_at_ms: nowMs - n * 60_000, unread: n % 10 === 0 ? 2 : 0 }
      await tx
        .insertInto('conversations')
        .values({ id: conversation, contact_id: contact, created_at_ms: nowMs, ...last })
        .execute()
    }
    const last = new Map<string, string>()
    for (let from = 0; from < MESSAGES; from += BATCH) {
      const rows = Array.from({ length: BATCH }, (_, n) => {
        const index = from + n
        const id = ids('msg')
        const conversation_id = people[index % CONVERSATIONS]?.conversation ?? ''
        last.set(conversation_id, id)
        const at = nowMs - (MESSAGES - index) * 60_000
        const isOut = index % 3 === 0
        return {
          id,
          conversation_id,
          direction: isOut ? ('out' as const) : ('in' as const),
          text: index === 4_242 ? 'the needle in the haystack' : textOf(index),
          state: isOut ? ('delivered' as const) : ('received' as const),
          transport: index % 2 === 0 ? ('signal' as const) : ('sms' as const),
          valid_until_ms: isOut ? at + DAY_MS : null,
          sent_timestamp_ms: at,
          created_at_ms: at,
          updated_at_ms: at,
          read_at_ms: at,
        }
      })
      await tx.insertInto('messages').values(rows).execute()
    }
    for (const [id, messageId] of last) {
      await tx.updateTable('conversations').set({ last_message_id: messageId }).where('id', '=', id).execute()
    }
  })
  await db.destroy()
  return { conversationId: people[500]?.conversation ?? '' }
}

async function timed(house: House, name: string, path: string): Promise<Measured> {
  const tookMs: number[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const startMs = performance.now()
    await house.api.call('GET', path)
    if (round >= WARM_UP) tookMs.push(performance.now() - startMs)
  }
  tookMs.sort((a, b) => a - b)
  const share = (part: number) => Math.round((tookMs[Math.floor(tookMs.length * part)] ?? 0) * 10) / 10
  return { [`${name}P50Ms`]: share(0.5), [`${name}P95Ms`]: share(0.95) }
}

async function cursorOf(house: House, path: string, pages: number): Promise<string> {
  let cursor = ''
  for (let page = 0; page < pages; page++) {
    const more = cursor === '' ? '' : `&cursor=${cursor}`
    cursor = (await house.api.call<{ next_cursor: string }>('GET', `${path}${more}`)).next_cursor
  }
  return cursor
}

async function inbox(): Promise<Measured> {
  const house = await House.open({
    signal: false,
    config: { mode: 'sms_only', log: { level: 'warn', format: 'json' } },
  })
  try {
    await house.stop()
    const { conversationId } = await seed(house)
    await house.start()
    const api = '/api/v1'
    const deep = await cursorOf(house, `${api}/conversations?limit=50`, 15)
    const thread = `${api}/conversations/${conversationId}/messages?limit=50`
    const asked: readonly (readonly [string, string])[] = [
      ['list', `${api}/conversations?limit=50`],
      ['listDeep', `${api}/conversations?limit=50&cursor=${deep}`],
      ['listUnread', `${api}/conversations?limit=50&filter=unread`],
      ['unread', `${api}/conversations/unread`],
      ['listFailed', `${api}/conversations?limit=50&filter=failed`],
      ['listSignal', `${api}/conversations?limit=50&filter=signal`],
      ['thread', thread],
      ['threadOlder', `${thread}&cursor=${await cursorOf(house, thread, 1)}`],
      ['searchRare', `${api}/search?limit=20&q=needle`],
      ['searchCommon', `${api}/search?limit=20&q=meeting`],
      ['searchLetter', `${api}/search?limit=20&q=a`],
      ['searchTwoWords', `${api}/search?limit=20&q=${encodeURIComponent('garden inv')}`],
      ['searchNumber', `${api}/search?limit=20&q=0500`],
      ['searchInThread', `${api}/search?limit=20&q=parcel&conversation_id=${conversationId}`],
    ]
    let measured: Measured = {}
    for (const [name, path] of asked) measured = { ...measured, ...(await timed(house, name, path)) }
    return measured
  } finally {
    await house.close()
  }
}

/** The goal for each of the three pages. */
const idealMs = 20

export const benchmarks: readonly Benchmark[] = [
  {
    name: 'inbox',
    ideal: { listP95Ms: idealMs, threadP95Ms: idealMs, searchRareP95Ms: idealMs, searchCommonP95Ms: idealMs },
    run: inbox,
  },
]
