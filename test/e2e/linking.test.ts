/** Becoming a device of a phone's account, on the screen: the code to scan, its renewal, the phone that scans it, and leaving. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Axe, chromiumPath, picture, Stage } from './kit/stage.ts'

/** The picture has arrived and is one. */
const IS_DRAWN =
  "(async (image) => { await image.decode(); return image.naturalWidth > 0 })(document.querySelector('img.qr'))"

let stage: Stage
let page: Page

const link = async () => {
  const account = await stage.house.api.call<{ link: { step: string; uri?: string } | null }>(
    'GET',
    '/api/v1/signal/account',
  )
  return account.link?.uri
}

describe.skipIf(chromiumPath === undefined)('linking to a phone in Chromium', () => {
  beforeAll(async () => {
    stage = await Stage.open({ signal: false, config: { profile: 'live' } })
    page = await stage.page(await stage.window())
    await stage.setUp(page)
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'failed-linking')
    expect(stage.complaints).toEqual([])
  })

  it('shows a code, and another one as soon as the first is good no more', async () => {
    await page.goto(`${stage.url}/#/setup/signal`)
    await page.getByRole('button', { name: 'Show code' }).press('Enter')
    const code = page.getByRole('img', { name: 'Code to scan with the phone' })
    await code.waitFor()
    const first = await link()
    await page.getByText(first ?? '', { exact: true }).waitFor()
    expect(await page.evaluate(IS_DRAWN)).toBe(true)
    const source = await code.getAttribute('src')
    await picture(page, 'linking-1280-light')
    expect(await new Axe().findings(page, false)).toEqual([])

    stage.house.world.server.host.dropConnections()
    await stage.house.eventually('there is a fresh code', async () => ![undefined, first].includes(await link()))
    await page.getByText((await link()) ?? '', { exact: true }).waitFor()
    await page.getByText(first ?? '', { exact: true }).waitFor({ state: 'detached' })
    expect(await code.getAttribute('src')).not.toBe(source)
    expect(await page.evaluate(IS_DRAWN)).toBe(true)
  })

  it('the phone that scans it makes this one of its devices, which the screen says by itself', async () => {
    const { people } = stage.house.world
    const ana = stage.house.world.person('ana').signal
    const others = people.flatMap(({ signal }) => (signal === undefined || signal === ana ? [] : [signal]))
    await ana?.link((await link()) ?? '', others)
    await page.locator('.card .state.good').first().waitFor()
    await page.getByRole('heading', { name: 'Devices' }).waitFor()
    await page.getByText('this one').waitFor()
    await page.getByRole('button', { name: 'Go on' }).waitFor()
    await picture(page, 'linked-1280-light')
  })

  it('the device is called by another name, on the screen and at Signal’s server', async () => {
    const devices = page.locator('.card', { has: page.getByRole('heading', { name: 'Devices' }) })
    await devices.getByLabel('Its new name').fill('Attic')
    await devices.getByLabel('Its new name').press('Enter')
    await devices.locator('.members li', { hasText: 'this one' }).filter({ hasText: 'Attic' }).waitFor()
    expect(await devices.getByLabel('Its new name').inputValue()).toBe('')
    expect(await new Axe().findings(page, false)).toEqual([])
    const { data } = await stage.house.api.call<{ data: { name: string | null; this_device: boolean }[] }>(
      'GET',
      '/api/v1/signal/devices',
    )
    expect(data.find((device) => device.this_device)?.name).toBe('Attic')
  })

  it('takes itself off the phone’s account when asked twice, and forgets the account', async () => {
    const { server } = stage.house.world
    const ana = stage.house.world.person('ana').signal
    const devices = async () => (ana === undefined ? [] : await server.host.getAllDevicesByServiceId(ana.aci)).length
    expect(await devices()).toBe(2)
    await page.goto(`${stage.url}/#/settings/signal`)
    const leave = page.getByRole('button', { name: 'Unlink this box' })
    await leave.waitFor()
    await page.getByText('The phone keeps the account').waitFor()
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'unlinking-1280-light')
    await leave.click()
    const sure = page.getByRole('button', { name: 'Really?' })
    await sure.waitFor()
    expect(await devices()).toBe(2)
    await sure.click()
    await page.getByText('no Signal account is registered here').waitFor()
    await page.getByRole('button', { name: 'Show code' }).waitFor()
    await stage.house.eventually('the phone has no other device', async () => (await devices()) === 1)
    expect(await link()).toBeUndefined()
  })
})
