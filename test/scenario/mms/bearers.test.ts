/**
 * Every other way to the carrier through the real gateway process: the sockets and the commands of simulated modules, and
 * what a stand-in for pppd makes of the loopback, on a port of its own and on the one that texts use.
 */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { HouseOptions, MmsSection } from '../../../src/sandbox/house.ts'
import { hasSocat, Stick } from '../modem/stick.ts'
import { MmsHouse, smallPicture } from './mms-kit.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))
const STAND_IN = { pppd: fixture('pppd.sh'), chat: fixture('chat.sh') }
/** The stand-in does as this user's name says. */
const DIALS = { auth: 'pap', user: 'up', password: 'up' }

const cleaning: (() => unknown)[] = []
afterEach(async () => {
  for (const step of cleaning.splice(0).reverse()) await step()
})

async function open(family: string, mms: MmsSection, more: Partial<HouseOptions> = {}): Promise<MmsHouse> {
  const kit = await MmsHouse.open({ timeout: '5s' }, { sims: { a: { family } }, mms, ...more })
  cleaning.push(() => kit.house.close())
  return kit
}

/** The gateway's first modem: the lines that it was given. */
function said(kit: MmsHouse): readonly string[] {
  return kit.house.world.modems[0]?.modem.commandLines ?? []
}

/** A picture from Ben is shown, and one to Ben arrives, octet for octet. */
async function bothWays(kit: MmsHouse): Promise<void> {
  await kit.fromBen('here')
  expect(await kit.shown('here')).toMatchObject({ transport: 'mms', status: 'received' })
  await kit.allAnswered()
  const octets = await smallPicture(90)
  const id = await kit.toBen('there', 'dog.jpg', octets)
  const { files } = await kit.atBen('there')
  expect(files).toMatchObject([{ media: 'image/jpeg', name: 'dog.jpg' }])
  await kit.house.reaches(id, 'delivered')
}

describe.each([['ec25'], ['sim7600']])('over the sockets of a %s', (family) => {
  it('pictures come and go, and texts between them', async () => {
    const kit = await open(family, { bearer: 'modem-socket' })
    await bothWays(kit)
    kit.house.world.phone('ben').send(kit.us, 'a text')
    await kit.shown('a text')
    expect(said(kit).some((line) => /QIOPEN|CIPOPEN/.test(line))).toBe(true)
  })
})

describe.each([['ec25'], ['sim800']])('by the MMS commands of a %s', (family) => {
  it('pictures go; of one that comes the owner is told, and what to do', async () => {
    const kit = await open(family, { bearer: 'embedded' })
    const id = await kit.toBen('by its own commands', 'dog.jpg', await smallPicture(90))
    const { files } = await kit.atBen('by its own commands')
    expect(files).toMatchObject([{ media: 'image/jpeg' }])
    await kit.house.reaches(id, 'sent')
    await kit.fromBen('never here')
    await kit.shown('cannot be fetched: the module’s own MMS commands')
    expect(await kit.came('never here')).toEqual([])
    const [announced] = await kit.announced()
    expect(announced).toMatchObject({ state: 'deferred', code: 'mms-sends-only', answer: null })
    expect(await kit.cli('mms', 'fetch', announced?.id ?? '')).toMatchObject({
      code: expect.not.stringMatching(/^0$/),
      err: expect.stringContaining('It cannot be fetched'),
    })
    expect((await kit.cli('doctor')).out).toMatch(/picture messages go and do not come.*embedded \(experimental\)/)
    expect((await kit.cli('mms', 'test')).out).toMatch(/✓ pdu .*\n.*✓ push .*\n.*✗ fetch .*use another bearer/)
    expect(await modems(kit)).toMatchObject([{ mms: { available: true, bearer: 'embedded', sends_only: true } }])
  })
})

describe('over a connection that is dialled', () => {
  function port(): string {
    const folder = mkdtempSync(join(tmpdir(), 'cw-port-'))
    cleaning.push(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'ttyUSB3')
    writeFileSync(path, '')
    return path
  }

  it('pictures come and go on a port of its own, and what it needs is named where it lacks', async () => {
    const kit = await open('ec25', { bearer: 'ppp', more: { ...DIALS, ppp: { port: port(), ...STAND_IN } } })
    await bothWays(kit)
    expect(said(kit).some((line) => /QIOPEN|QMMS/.test(line))).toBe(false)
  })

  it('each thing that it lacks is named by test, health and doctor, with what to do', async () => {
    const missing = { port: port(), pppd: '/nonexistent/pppd', chat: '/nonexistent/chat' }
    const kit = await open('ec25', { bearer: 'ppp', more: { ...DIALS, ppp: missing } })
    const words = /there is no \/nonexistent\/pppd: install the package ppp/
    expect((await kit.cli('doctor')).out).toMatch(words)
    const { out, code } = await kit.cli('mms', 'test')
    expect([code, out]).toEqual([1, expect.stringMatching(/✗ bearer .*install the package ppp/)])
    expect(JSON.stringify(await kit.house.api.call('GET', '/api/v1/system/health'))).toMatch(words)
    expect((await kit.cli('modem', 'list')).out).toMatch(words)
  })

  it.skipIf(!hasSocat)(
    'on the only port texts wait, and none is lost',
    async () => {
      let stick: Stick | undefined
      cleaning.push(() => stick?.pull())
      const dial: Record<string, unknown> = { ...STAND_IN }
      const port = async (simPort: number) => {
        stick ??= await Stick.plug(simPort)
        // The configuration wants a device by its own name.
        dial['port'] = realpathSync(stick.path)
        return realpathSync(stick.path)
      }
      const kit = await open('ec25', { bearer: 'ppp', more: { ...DIALS, ppp: dial } }, { port })
      await kit.fromBen('by the only port')
      await kit.house.eventually('the port is lent', async () =>
        (await modems(kit)).some(({ state, reason }) => state === 'starting' && /is lent/.test(reason ?? '')),
      )
      kit.house.world.phone('ben').send(kit.us, 'meanwhile')
      const id = await kit.house.send(kit.benNumber, 'when it is back')
      await kit.shown('by the only port')
      await kit.allAnswered()
      // Ten seconds after the last exchange it hangs up, and the modem starts anew.
      await kit.shown('meanwhile')
      await kit.house.reaches(id, 'delivered')
      const [modem] = await modems(kit)
      expect(modem).toMatchObject({ state: 'ready', recovery: { last: null } })
      expect(modem?.reason).toBeNull()
    },
    90_000,
  )
})

interface ModemView {
  state: string
  reason: string | null
  mms: unknown
}

async function modems(kit: MmsHouse): Promise<readonly ModemView[]> {
  return (await kit.house.api.call<{ data: ModemView[] }>('GET', '/api/v1/modems')).data
}
