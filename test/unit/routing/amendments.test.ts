/** What people do to messages afterwards, in the conversation that holds them. */
import { describe, expect, it } from 'vitest'
import type { Amendment } from '../../../src/domain/sink.ts'
import { receive } from './over-signal.ts'
import { useWorld, world } from './use-world.ts'
import { ANA_ACI } from './world.ts'

useWorld()

const first = 1_000

const received = (text: string, sentAtMs = first) =>
  receive(world, sentAtMs, text, { quote: { ours: true, timestampMs: 5, text: 'before' } })

function amend(change: Amendment['change'], timestampMs: number, target: Partial<Amendment['target']> = {}) {
  return world.router.sink.amend({
    transport: 'signal',
    by: { aci: ANA_ACI, pni: undefined, e164: undefined },
    target: { ours: false, timestampMs: first, ...target },
    timestampMs,
    change,
  })
}

const shown = async () => (await world.all())[0]
const versions = () => world.db.selectFrom('message_versions').select(['timestamp_ms', 'text']).execute()

describe('an edit', () => {
  it('takes the place of the text, and every version stays on record', async () => {
    await received('one')
    expect(await amend({ kind: 'edited', text: 'two' }, 2_000)).toBe(true)
    expect(await amend({ kind: 'edited', text: 'three' }, 3_000, { timestampMs: 2_000 })).toBe(true)
    expect(await shown()).toMatchObject({ text: 'three', edited_at_ms: world.nowMs })
    expect((await versions()).map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  })

  it('that comes late changes nothing that is shown', async () => {
    await received('one')
    await amend({ kind: 'edited', text: 'three' }, 3_000)
    await amend({ kind: 'edited', text: 'two' }, 2_000)
    expect(await shown()).toMatchObject({ text: 'three' })
  })

  it('of what is not here is not taken', async () => {
    await received('one')
    expect(await amend({ kind: 'edited', text: 'two' }, 2_000, { timestampMs: 999 })).toBe(false)
    expect(await amend({ kind: 'edited', text: 'two' }, 2_000, { ours: true })).toBe(false)
    expect(await shown()).toMatchObject({ text: 'one', edited_at_ms: null })
  })
})

it('the rest of a long text completes the version that it belongs to', async () => {
  await received('beginn')
  await amend({ kind: 'edited', text: 'anew' }, 2_000)
  await amend({ kind: 'completed', text: 'beginning and end' }, first)
  expect(await shown()).toMatchObject({ text: 'anew' })
  await amend({ kind: 'completed', text: 'anew and whole' }, 2_000, { timestampMs: 2_000 })
  expect(await shown()).toMatchObject({ text: 'anew and whole' })
})

it('styles are those of the version that is shown, whichever comes last', async () => {
  const style = (start: number) => [{ kind: 'style' as const, style: 'bold' as const, start, length: 1 }]
  await received('one')
  await amend({ kind: 'edited', text: 'three', ranges: style(3) }, 3_000)
  await amend({ kind: 'edited', text: 'two', ranges: style(1) }, 2_000)
  expect(JSON.parse((await shown())?.ranges_json ?? '')).toEqual(style(3))
  await amend({ kind: 'completed', text: 'three and more', ranges: style(7) }, 3_000, { timestampMs: 3_000 })
  expect(JSON.parse((await shown())?.ranges_json ?? '')).toEqual(style(7))
})

it('what was taken back is empty in every version, and stays so', async () => {
  await received('one')
  await amend({ kind: 'edited', text: 'two' }, 2_000)
  await amend({ kind: 'reaction', emoji: '👍', removed: false }, 2_500)
  await amend({ kind: 'deleted' }, 3_000)
  expect(await amend({ kind: 'edited', text: 'three' }, 4_000)).toBe(true)
  expect(await shown()).toMatchObject({
    text: '',
    deleted_at_ms: world.nowMs,
    reactions_json: null,
    quote_json: null,
  })
  expect((await versions()).map(({ text }) => text)).toEqual(['', ''])
})

it('one reaction a person counts, the newest', async () => {
  await received('one')
  const reactions = async () =>
    JSON.parse((await shown())?.reactions_json ?? '[]').map((row: { emoji: string }) => row.emoji)
  await amend({ kind: 'reaction', emoji: '👍', removed: false }, 2_000)
  await amend({ kind: 'reaction', emoji: '😀', removed: false }, 3_000)
  expect(await reactions()).toEqual(['😀'])
  await amend({ kind: 'reaction', emoji: '😀', removed: true }, 4_000)
  expect(await reactions()).toEqual([])
})

it('what a message answers to is kept with it', async () => {
  await received('one')
  expect(JSON.parse((await shown())?.quote_json ?? '')).toEqual({ ours: true, timestampMs: 5, text: 'before' })
})
