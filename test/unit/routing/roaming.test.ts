/** Texts while the modem roams, where they may cost more. */
import { describe, expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

useWorld()

describe('roaming', () => {
  function roam(roaming: boolean, id?: string): void {
    world.sms.lane = world.sms.lane.map((lane) => (id === undefined || lane.id === id ? { ...lane, roaming } : lane))
    world.sms.setAvailable(true)
  }

  it('never: texts wait until a modem is home', async () => {
    world.settings.whenRoaming = 'never'
    roam(true)
    const sent = await world.send(BEN, 'hello')
    expect(sent).toMatchObject({ state: 'queued', transport: 'sms' })
    roam(false)
    await world.settle()
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent' })
  })

  it('always: texts go as they do at home', async () => {
    world.settings.whenRoaming = 'always'
    roam(true)
    expect(await world.send(BEN, 'hello')).toMatchObject({ state: 'sent' })
  })

  it('ask: a text is held with its reason, and goes when a person agrees', async () => {
    roam(true)
    const held = await world.send(BEN, 'hello')
    expect(held).toMatchObject({ state: 'held', code: 'consent-needed' })
    expect(held.reason).toContain('the modem is roaming, where a text may cost more, so a text needs your consent')
    expect(world.sms.network).toEqual([])
    await world.router.approve(held.id)
    await world.settle()
    expect(await world.message(held.id)).toMatchObject({ state: 'sent' })
  })

  it('ask: what was held for roaming alone goes by itself when the modem is home; what a policy holds does not', async () => {
    world.settings.mode = 'sms_only'
    await world.send(ANA, 'who is this')
    const ana = await world.contact(ANA)
    await world.router.updateContact(ana.id, { verified: true })
    roam(true)
    const price = await world.send(BEN, 'hello')
    const verified = await world.send(ANA, 'hello')
    roam(false)
    await world.settle()
    expect(await world.message(price.id)).toMatchObject({ state: 'sent' })
    expect(await world.message(verified.id)).toMatchObject({ state: 'held' })
  })

  it('ask: nobody is asked while another modem is at home, which goes first', async () => {
    await world.text(BEN, 'hello', { lane: 'mdm_1' })
    roam(true, 'mdm_1')
    expect(await world.send(BEN, 'hello')).toMatchObject({ state: 'sent', lane: 'mdm_2' })
  })

  it('over Signal nobody is asked', async () => {
    roam(true)
    expect(await world.send(ANA, 'hello')).toMatchObject({ state: 'sent', transport: 'signal' })
  })
})
