/** Backups in the settings, in real Chromium: the recovery key, one made now, and what is there. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './kit/judge.ts'
import { PLAIN_WORDS } from './kit/screens.ts'
import { Axe, chromiumPath, picture, Stage } from './kit/stage.ts'

let stage: Stage
let page: Page

describe.skipIf(chromiumPath === undefined)('backups in the inbox', () => {
  beforeAll(async () => {
    stage = await Stage.open()
    page = await stage.enterAsAdmin('/settings/backup')
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

  it('a gateway that came out of a backup says so on every screen, until an administrator has read it', async () => {
    let restored: object | null = { at: '2026-09-20T10:00:00.000Z', taken_at: '2026-09-19T10:00:00.000Z', held: 3 }
    await page.route('**/api/v1/system/backup', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ json: { ...(await answer.json()), restored } })
    })
    await page.route('**/api/v1/system/backup/restored', async (route) => {
      restored = null
      await route.fulfill({ status: 204 })
    })
    await page.goto(`${stage.url}/#/`)
    await page.reload()
    const line = page.getByRole('region', { name: 'Restored from a backup.' })
    await line.getByText('3 messages had not left').waitFor()
    await judge(page, 'restored')
    await line.getByRole('link').click()
    await page.waitForURL(/#\/queue$/)
    await line.getByRole('button').click()
    await line.waitFor({ state: 'detached' })
    await page.unrouteAll()
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
