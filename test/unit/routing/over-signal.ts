/**
 * Messages over Signal as tests of what is done to them later want them: Ana's, and the owner's own from another device,
 * each known by its time.
 */
import type { InboundMessage } from '../../../src/domain/sink.ts'
import { ANA, ANA_ACI, type World } from './world.ts'

export const ana = { e164: ANA, aci: ANA_ACI, pni: undefined }

/** Ana's message of this time. True: it is new here. */
export function receive(
  world: World,
  sentAtMs: number,
  text = `at ${sentAtMs}`,
  more: Partial<InboundMessage> = {},
): Promise<boolean> {
  return world.note(ANA_ACI, text, ANA, { sentAtMs, dedupeKey: `signal:${sentAtMs}`, ...more })
}

/** What the owner wrote to Ana at this time on another device. */
export function mirror(world: World, sentAtMs: number): Promise<void> {
  return world.router.sink.mirror({
    transport: 'signal',
    lane: 'signal',
    to: ana,
    toSelf: false,
    text: `ours at ${sentAtMs}`,
    sentAtMs,
    startedAtMs: sentAtMs,
    dedupeKey: `signal:own:${sentAtMs}`,
    quote: undefined,
    timerS: undefined,
  })
}

/** The message that has this time; undefined for none. */
export function messageAt(world: World, sentAtMs: number) {
  return world.db.selectFrom('messages').selectAll().where('sent_timestamp_ms', '=', sentAtMs).executeTakeFirst()
}
