/**
 * Kill −9 inside a group send, and a captcha in the way of several messages, through the whole gateway. The judges are
 * the members' phones: everybody has every message, nobody sees one twice.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

let house: House
let groupId = ''
const members = ['ana', 'dev', 'echo'] as const
const person = (name: string) => house.world.signalPerson(name)

beforeAll(async () => {
  house = await House.open()
  for (const name of members) await house.reaches(await house.send(person(name).e164, 'hello'), 'delivered')
  const { host } = house.world.server
  const ours = async () => (await host.findByNumber(house.world.gatewayNumber))?.profileKeyCommitment
  await house.eventually('our profile is published', async () => (await ours()) !== undefined)
  const id = await person('ana').createGroup('Garden', members.slice(1).map(person))
  await person('ana').addToGroup(id, house.world.gatewayNumber)
  await house.eventually('the group is here', async () => {
    const { data } = await house.api.call<{ data: { id: string }[] }>('GET', '/api/v1/groups')
    groupId = data[0]?.id ?? ''
    return groupId !== ''
  })
})
afterAll(() => house?.close())

it('kill −9 inside a group send: every member has the message, and nobody twice', { timeout: 180_000 }, async () => {
  const sent: string[] = []
  // Before anything left; when the first member has it; when all have it, mostly before that is written down.
  for (const [round, moment] of ['at-once', 'after-a-moment', 'first-has-it', 'first-has-it', 'later'].entries()) {
    const text = `round ${round}`
    const arrived = new Promise<void>((resolve) => {
      const stop = person('dev').onText((came) => {
        if (came.text !== text) return
        stop()
        resolve()
      })
    })
    sent.push(await house.send(groupId, text))
    if (moment === 'after-a-moment') await sleep(30)
    if (moment === 'first-has-it' || moment === 'later') await arrived
    if (moment === 'later') await sleep(50)
    await house.kill()
    await house.start()
    await house.signalConnected()
  }
  for (const id of sent) await house.reaches(id, 'delivered')
  for (const name of members) {
    const ours = person(name).texts.filter(({ fromE164 }) => fromE164 === house.world.gatewayNumber)
    const shown = ours.filter(({ text }) => text.startsWith('round '))
    // A phone shows an author's message of one time once; another time would be another message.
    expect(shown.map(({ text }) => text).sort()).toEqual(sent.map((_, round) => `round ${round}`))
    expect(person(name).ledger()[0]?.failures).toEqual([])
  }
})

it('a captcha stops the queue, says what to do, and its solution sends all that waited, once', async () => {
  const { faults, host } = house.world.server
  faults.demandCaptcha('captcha-token')
  const first = await house.send(person('ana').e164, 'first of all')
  const held = await house.reaches(first, 'held')
  expect(held).toMatchObject({ code: 'signal-challenge', reason: expect.stringContaining('captcha') })
  type Account = { state: string; challenge: { page_url: string } | null }
  const account = () => house.api.call<Account>('GET', '/api/v1/signal/account')
  expect(await account()).toMatchObject({
    state: 'challenged',
    challenge: { page_url: expect.stringMatching(/^https:.*challenge/) },
  })
  const sends = () =>
    host.requests.filter(({ verb, path }) => verb === 'PUT' && path.startsWith('/v1/messages/')).length
  const before = sends()
  const waiting = [
    await house.send(person('ana').e164, 'second'),
    await house.send(person('dev').e164, 'third'),
    await house.send(groupId, 'to the group'),
  ]
  for (const id of waiting) await house.reaches(id, 'queued', 'held')
  // Long enough for every one of them to have been tried, had it been tried.
  await sleep(1_500)
  expect(sends()).toBe(before)
  // One that Signal does not take changes nothing.
  const refused = await house.api.ask('POST', '/api/v1/signal/challenge', { token: '' })
  expect(refused.status).toBeGreaterThanOrEqual(400)
  expect(await account()).toMatchObject({ state: 'challenged' })
  await house.api.call('POST', '/api/v1/signal/challenge', { token: 'signalcaptcha://signal-hcaptcha.x.challenge.y' })
  for (const id of [first, ...waiting]) await house.reaches(id, 'delivered')
  expect(await account()).toMatchObject({ state: 'connected', challenge: null })
  const came = (name: string, text: string) =>
    person(name).texts.filter((one) => one.text === text && one.fromE164 === house.world.gatewayNumber)
  for (const text of ['first of all', 'second', 'to the group']) expect(came('ana', text)).toHaveLength(1)
  for (const text of ['third', 'to the group']) expect(came('dev', text)).toHaveLength(1)
})
