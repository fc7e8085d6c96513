import { describe, expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

useWorld()

const wrongState = { code: 'wrong-state' }

describe('a Signal message that is sent as a text now', () => {
  it('leaves at once, once, and its ledger says that both may arrive', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.router.sendAsText(sent.id)
    await world.settle()
    expect(await world.message(sent.id)).toMatchObject({
      state: 'sent',
      transport: 'sms',
      encrypted: 0,
      fallback_from: 'signal',
      fallback_code: 'text-wanted',
      fallback_reason: 'a person wanted a text without waiting for a receipt over Signal; it may arrive twice',
    })
    expect(await world.ledger(sent.id)).toEqual(['1 signal accepted', '2 sms accepted'])
    await expect(world.router.sendAsText(sent.id)).rejects.toMatchObject(wrongState)
    await world.pass(3_600_000)
    expect(world.sms.network).toHaveLength(1)
    await world.receipt('delivered', sent)
    expect(await world.message(sent.id)).toMatchObject({
      state: 'delivered',
      transport: 'signal',
      twin_transport: 'sms',
    })
  })

  it('before Signal could take it, only the text leaves', async () => {
    world.signal.setAvailable(false)
    const waiting = await world.send(ANA, 'hello')
    expect(waiting).toMatchObject({ state: 'queued', transport: 'signal' })
    await world.router.sendAsText(waiting.id)
    await world.settle()
    world.signal.setAvailable(true)
    await world.pass(3_600_000)
    expect(world.signal.sends).toEqual([])
    expect(world.sms.network).toHaveLength(1)
    expect((await world.message(waiting.id)).fallback_reason).toBe('a person wanted a text without waiting for Signal')
  })

  it('also where the safety number was verified, since nobody but a person asked for it', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.router.updateContact((await world.contact(ANA)).id, { verified: true })
    await world.router.sendAsText(sent.id)
    await world.settle()
    expect(world.sms.network).toHaveLength(1)
  })

  it('what may never be plaintext is not, whoever asks: signal_only, disappearing, data-only', async () => {
    const only = await world.send(ANA, 'one', { policy: 'signal_only' })
    await expect(world.router.sendAsText(only.id)).rejects.toMatchObject({ code: 'no-text' })
    await world.router.setTimer(only.conversation_id, 3600)
    const fading = await world.send(ANA, 'two')
    await expect(world.router.sendAsText(fading.id)).rejects.toThrow(/it is to disappear/)
    await world.router.setTimer(only.conversation_id, 0)
    const third = await world.send(ANA, 'three')
    await world.router.changeSettings({ mode: 'data_only' })
    await expect(world.router.sendAsText(third.id)).rejects.toThrow(/data-only mode/)
    await world.settle()
    expect(world.sms.network).toEqual([])
    expect((await world.message(third.id)).state).toBe('sent')
  })

  it('not past a changed safety number, which somebody has to settle first', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.router.sink.capability({
      transport: 'signal',
      kind: 'identity-changed',
      recipient: { e164: ANA, aci: ANA_ACI, pni: undefined },
      atMs: world.nowMs,
    })
    await expect(world.router.sendAsText(sent.id)).rejects.toMatchObject({ code: 'identity-changed' })
    expect(world.sms.network).toEqual([])
  })

  it('not what has arrived, came in, or is a text already', async () => {
    const read = await world.send(ANA, 'hello')
    await world.receipt('delivered', read)
    const text = await world.send(BEN, 'hello')
    await world.note(ANA_ACI, 'theirs', ANA)
    const theirs = (await world.all()).find(({ direction }) => direction === 'in')
    for (const id of [read.id, text.id, theirs?.id ?? '']) {
      await expect(world.router.sendAsText(id)).rejects.toMatchObject(wrongState)
    }
    await expect(world.router.sendAsText('msg_none')).rejects.toMatchObject({ code: 'unknown-message' })
  })

  it('a crash right after the word: the text leaves once', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.router.sendAsText(sent.id)
    await world.reboot()
    await world.pass(60_000)
    expect(world.sms.network).toHaveLength(1)
    expect((await world.message(sent.id)).transport).toBe('sms')
  })
})
