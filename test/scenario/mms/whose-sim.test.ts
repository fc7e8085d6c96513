/** Whose settings a SIM gets in the running gateway, where several carriers share its network; nobody is guessed. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MmsHouse } from './mms-kit.ts'

interface ModemView {
  label: string
  mms: { available: boolean; reason: string | null; carrier: string | null; candidates: { id: string; name: string }[] }
}

/** Telus and its brand Public Mobile. */
const NETWORK = '302220'
let kit: MmsHouse

beforeAll(async () => {
  const sims = {
    a: { family: 'ec25', imsi: `${NETWORK}000000001`, spn: 'Public Mobile', gid1: '4D4F' },
    b: { family: 'ec25', imsi: `${NETWORK}000000002` },
  }
  kit = await MmsHouse.open({}, { sims, modems: 2, mms: { bearer: 'none' } })
})
afterAll(async () => await kit.house.close())

async function seen(label: string): Promise<ModemView['mms']> {
  const { data } = await kit.house.api.call<{ data: ModemView[] }>('GET', '/api/v1/modems')
  const found = data.find((modem) => modem.label === label)
  if (found === undefined) throw new Error(`no modem ${label}`)
  return found.mms
}

it('the name on the SIM tells a brand from its network, and its access point is the one that is used', async () => {
  await kit.house.eventually('the SIM has told', async () => (await seen('sim-a')).carrier === 'ca-public-mobile')
  expect(await seen('sim-a')).toMatchObject({ available: true, candidates: [] })
  const [a] = kit.house.world.modems
  const asked = () => a?.modem.commandLines.filter((line) => line.startsWith('AT+CRSM')) ?? []
  expect(asked()).toEqual(['AT+CRSM=176,28486,0,0,17', 'AT+CRSM=192,28478,0,0,15', 'AT+CRSM=176,28478,0,0,3'])
  const { out } = await kit.cli('mms', 'test', 'sim-a')
  expect(out).toMatch(/by the settings of ca-public-mobile/)
  const contexts = a?.modem.commandLines.filter((line) => line.startsWith('AT+QICSGP=')) ?? []
  expect(contexts.length).toBeGreaterThan(0)
  expect(contexts.every((line) => line.includes('"sp.mb.com"'))).toBe(true)
  // Once is enough.
  expect(asked()).toHaveLength(3)
})

it('a SIM that tells nothing is asked about: candidates in the API, in the list of modems and by the doctor', async () => {
  await kit.house.eventually('the SIM has told nothing', async () => (await seen('sim-b')).candidates.length > 0)
  const { available, reason, carrier, candidates } = await seen('sim-b')
  expect({ available, carrier }).toEqual({ available: false, carrier: null })
  expect(candidates.map(({ id }) => id).sort()).toEqual(['ca-public-mobile', 'ca-telus-mobility'])
  expect(reason).toMatch(/several carriers fit its SIM: write one of them under modems\[\]\.mms\.carrier/)
  for (const words of [['modem', 'list'], ['doctor']]) {
    expect((await kit.cli(...words)).out).toMatch(/several carriers fit its SIM.*ca-telus-mobility/)
  }
  expect((await kit.cli('mms', 'test', 'sim-b')).err).toMatch(/several carriers fit/)
})
