/** Becoming a device of a phone's account, on the screen: the code to scan, its renewal, and the phone that scans it. */
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
    page = await stage.enterAsAdmin()
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
})
