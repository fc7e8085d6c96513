/** Backups in the settings, in real Chromium: the recovery key, one made now, and what is there. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PLAIN_WORDS } from './kit/screens.ts'
import { Axe, chromiumPath, picture, Stage } from './kit/stage.ts'

let stage: Stage
let page: Page

describe.skipIf(chromiumPath === undefined)('backups in the inbox', () => {
  beforeAll(async () => {
    stage = await Stage.open()
    const door = await stage.page(await stage.window())
    await stage.setUp(door)
    await door.context().close()
    page = await stage.page(await stage.window(), '/settings/backup')
  })
  afterAll(() => stage?.close())

  it('a key is made and shown once, and a backup made with it is listed', async () => {
    await page.getByText('There is no recovery key yet.').waitFor()
    await page.getByRole('button', { name: 'Make recovery key' }).click()
    await page.getByText(/^(\d{5} ){5}\d{5}$/).waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: 'Make a backup now' }).click()
    await page.locator('.members a[download]').waitFor()
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'settings-backup-1280-light')
    expect(stage.complaints).toEqual([])
  })

  it('all its words come out of the catalogues', async () => {
    const memory = await page.context().storageState()
    const foreign = await stage.page(await stage.window({ as: memory, language: 'qps' }), '/settings/backup')
    await foreign.locator('.members a[download]').waitFor()
    expect(await foreign.evaluate(PLAIN_WORDS)).toEqual([])
    await foreign.context().close()
  })
})
