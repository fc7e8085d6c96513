/** A message to a large group: handed over once, sealed for everybody, and accepted in one request. */
import { House } from '../src/sandbox/house.ts'
import { SignalPerson } from '../src/sandbox/people.ts'
import type { Benchmark, Measured } from './benchmark.ts'

const MEMBERS = 50
const MESSAGES = 10
const WAIT_MS = 300_000

interface Recipients {
  data: { detail: string | null; status: string }[]
}

interface Attempts {
  data: { started_at: string; ended_at: string }[]
}

async function groupOfFifty(): Promise<Measured> {
  const house = await House.open({ config: { log: { level: 'warn', format: 'json' } } })
  try {
    const { host } = house.world.server
    const people: SignalPerson[] = []
    for (let index = 0; index < MEMBERS; index++) {
      const e164 = `+155500007${String(index).padStart(2, '0')}`
      people.push(await SignalPerson.join(host, { name: `Member ${index}`, e164, habits: { deliveryReceipts: false } }))
    }
    const [maker, ...others] = people
    if (maker === undefined) throw new Error('nobody')
    await house.reaches(await house.send(maker.e164, 'hello'), 'sent', 'delivered')
    await house.eventually('she has it', () => maker.texts.length === 1)
    await maker.addToGroup(await maker.createGroup('Fifty', others), house.world.gatewayNumber)
    let group: string | undefined
    await house.eventually('the group is here', async () => {
      const { data } = await house.api.call<{ data: { id: string }[] }>('GET', '/api/v1/groups')
      group = data[0]?.id
      return group !== undefined
    })
    const everybodyHas = (count: number) =>
      house.eventually(
        'everybody has it',
        () => others.every(({ texts }) => texts.length >= count) && maker.texts.length > count,
        WAIT_MS,
      )
    const send = (text: string) => house.send(group ?? '', text)
    const startMs = performance.now()
    await send('the first, with keys')
    await everybodyHas(1)
    const firstMs = performance.now() - startMs
    const sends = () => host.requests.filter(({ path }) => path.startsWith('/v1/messages/')).length
    const before = sends()
    const nextMs = performance.now()
    const ids: string[] = []
    for (let index = 0; index < MESSAGES; index++) ids.push(await send(`message ${index}`))
    await everybodyHas(1 + MESSAGES)
    const perSecond = MESSAGES / ((performance.now() - nextMs) / 1_000)
    let together = 0
    const tookMs: number[] = []
    for (const id of ids) {
      await house.reaches(id, 'sent', 'delivered')
      const { data: attempts } = await house.api.call<Attempts>('GET', `/api/v1/messages/${id}/attempts`)
      for (const { started_at: begun, ended_at: ended } of attempts) tookMs.push(Date.parse(ended) - Date.parse(begun))
      const { data } = await house.api.call<Recipients>('GET', `/api/v1/messages/${id}/recipients`)
      together += data.filter(({ detail }) => detail?.includes('in one request') === true).length
    }
    return {
      firstMs: Math.round(firstMs),
      messagesPerSecond: Math.round(perSecond * 10) / 10,
      acceptedP50Ms: tookMs.sort((a, b) => a - b)[Math.floor(tookMs.length / 2)] ?? 0,
      membersInOneRequest: together / MESSAGES,
      otherRequestsPerMessage: (sends() - before) / MESSAGES,
    }
  } finally {
    await house.close()
  }
}

export const benchmarks: readonly Benchmark[] = [
  {
    name: 'group-of-50',
    ideal: {
      firstMs: 1_000,
      messagesPerSecond: 20,
      acceptedP50Ms: 50,
      membersInOneRequest: MEMBERS,
      otherRequestsPerMessage: 0,
    },
    run: groupOfFifty,
  },
]
