/** The first hour in the sandbox: in by the address that was printed, then the guided scene, by pointer and by keyboard. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { judge } from './kit/judge.ts'
import { chromiumPath, PASSWORD, picture, Stage } from './kit/stage.ts'

let stage: Stage
let page: Page

describe.skipIf(chromiumPath === undefined)('the first hour in the sandbox', () => {
  beforeAll(async () => {
    stage = await Stage.open({ config: { fallback: { after: 'PT6S' } } })
    await stage.greet()
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'failed-first-hour')
    expect(stage.complaints).toEqual([])
  })

  it('the address that the gateway printed brings its setup code along, and loses it', async () => {
    const { setup_code: code } = await stage.house.api.call<{ setup_code: string }>('POST', '/api/v1/setup/code')
    page = await stage.page(await stage.window({ as: null }), `/?code=${code}`)
    expect(await page.getByLabel('Setup code').inputValue()).toBe(code)
    // The rest by keyboard alone.
    await page.getByLabel('Password').focus()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.locator('.shell').waitFor()
    await page.getByRole('region', { name: 'First steps' }).waitFor()
    await page.waitForURL((url) => !url.href.includes(code))
  })

  it('the guided scene checks each step off from what really happens, and stays gone when it is done', async () => {
    const { house } = stage
    const world = house.world.person('ana')
    const guide = page.getByRole('region', { name: 'First steps' })
    await guide.getByText('Write to Ana.').waitFor()
    await judge(page, 'guide')
    await guide.getByRole('button', { name: 'Open the conversation' }).click()
    await page.getByRole('button', { name: 'Accept' }).click()
    await write('Signal message', 'Hello Ana')
    await guide.getByText('Write to Ben.').waitFor()

    // Left in the middle, and taken up.
    await page.reload()
    await guide.getByText('Write to Ben.').waitFor()
    await guide.getByRole('button', { name: 'Open the conversation' }).press('Enter')
    await write('Text message – not encrypted', 'Hello Ben')
    await guide.getByText('Switch Ana’s network off.').waitFor()
    await guide.getByRole('button', { name: 'Switch it off' }).press('Enter')
    await guide.getByText('Write to Ana again, and watch.').waitFor()
    await guide.getByRole('button', { name: 'Open the conversation' }).click()
    await write('Signal message', 'Are you in the cellar?')
    await page.locator('.entry .note.fallback').waitFor()
    await guide.getByText('That is all of it.').waitFor()
    await picture(page, 'guide-done-1280-light')
    await guide.getByRole('button', { name: 'Close' }).click()
    await guide.waitFor({ state: 'detached' })
    await page.reload()
    await page.locator('.composer').waitFor()
    expect(await guide.count()).toBe(0)
    await house.eventually('Ana has it after all', () => world.signal?.online === true)
  })

  it('who may not obey the world is not guided', async () => {
    const sender = await stage.enter('Sam', 'sender')
    await sender.getByRole('link', { name: /Ana/ }).waitFor()
    expect(await sender.getByRole('region', { name: 'First steps' }).count()).toBe(0)
    await sender.context().close()
  })
})

async function write(field: string, text: string): Promise<void> {
  const box = page.getByRole('textbox', { name: field })
  await box.fill(text)
  await box.press('Enter')
}
