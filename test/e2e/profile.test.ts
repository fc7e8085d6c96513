/** Pictures of people in the inbox, and the account's own profile and username in its settings, in real Chromium. */
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { photograph } from '../unit/media/photographs.ts'
import { Axe, chromiumPath, NARROW, picture, Stage, WIDE } from './kit/stage.ts'

let stage: Stage
let context: BrowserContext
let page: Page

const at = (place: string) => `${stage.url}/#${place}`
const ana = '+15550000201'
/** Larger than a test can hand in from outside. */
const CHOOSE_HUGE = `(() => {
  const field = document.querySelector('.card.profile input[type=file]')
  const chosen = new DataTransfer()
  chosen.items.add(new File([new Uint8Array(50e6 + 1)], 'huge.jpg', { type: 'image/jpeg' }))
  field.files = chosen.files
  field.dispatchEvent(new Event('change', { bubbles: true }))
})()`
/** Whether a picture in the page is there and could be drawn. */
const isDrawn = (which: string) =>
  `(() => { const img = document.querySelector(${JSON.stringify(which)}); return img !== null && img.complete && img.naturalWidth > 0 })()`

describe.skipIf(chromiumPath === undefined)('pictures and profile in Chromium', () => {
  beforeAll(async () => {
    stage = await Stage.open()
    await stage.greet()
    const door = await stage.page(await stage.window())
    await stage.setUp(door)
    await door.context().close()
    context = await stage.window()
    page = await stage.page(context)
    await page.locator('.shell').waitFor()
  })
  afterAll(() => stage?.close())
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, 'profile-failed')
    expect(stage.complaints).toEqual([])
  })

  it('a stranger has letters; once let in, their picture stands in list, thread and sheet', async () => {
    const row = page.locator('a.row', { hasText: 'Ana' })
    await row.waitFor()
    expect(await row.locator('.avatar img').count()).toBe(0)
    expect(await row.locator('.avatar').textContent()).toBe('A')
    const conversation = await stage.conversationWith(ana)
    await stage.house.api.call('POST', `/api/v1/conversations/${conversation}/accept`)
    await row.locator('.avatar img').waitFor()
    await page.goto(at(`/c/${conversation}/about`))
    await page.locator('.about-top .avatar img').waitFor()
    await expect.poll(() => page.evaluate(isDrawn('.thread-head .avatar img'))).toBe(true)
    await expect.poll(() => page.evaluate(isDrawn('.about-top .avatar img'))).toBe(true)
    await picture(page, 'portrait-1280-light')
    expect(await page.locator('a.row', { hasText: 'Ben' }).locator('.avatar').textContent()).toBe('B')
  })

  it('the own profile has a name, a line and a picture, which people see', async () => {
    await page.goto(at('/settings/signal'))
    const card = page.locator('.card.profile')
    await card.getByRole('textbox', { name: 'Name' }).fill('Robin’s house')
    await card.getByRole('textbox', { name: 'About' }).fill('at the end of the road')
    await card.getByRole('textbox', { name: 'Emoji' }).fill('🏡')
    await card.getByRole('button', { name: 'Save' }).click()
    const shown = async () => await stage.house.api.call<{ name: string | null }>('GET', '/api/v1/signal/profile')
    await expect.poll(shown).toMatchObject({ name: 'Robin’s house', emoji: '🏡', published: true })
    await card
      .getByLabel('Picture')
      .setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer: await photograph(900, 500) })
    const cropping = page.getByRole('dialog')
    const pixel = () =>
      page.evaluate(
        "JSON.stringify([...document.querySelector('canvas.crop').getContext('2d').getImageData(100, 512, 1, 1).data])",
      )
    await page.locator('canvas.crop').waitFor()
    const middle = await pixel()
    await cropping.getByLabel('Zoom').focus()
    await page.keyboard.press('End')
    await expect.poll(pixel).not.toBe(middle)
    const axe = new Axe()
    for (const [size, viewport] of [
      ['1280', WIDE],
      ['390', NARROW],
    ] as const) {
      await page.setViewportSize(viewport)
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme })
        await picture(page, `crop-${size}-${theme}`)
        expect(await axe.findings(page, theme === 'dark')).toEqual([])
      }
    }
    await page.setViewportSize(WIDE)
    await page.emulateMedia({ colorScheme: 'light' })
    // Again where the window had not settled yet.
    const drag = async () => {
      const canvas = await cropping.locator('canvas').boundingBox()
      if (canvas === null) return 'no canvas'
      await page.mouse.move(canvas.x + 100, canvas.y + 100)
      await page.mouse.down()
      await page.mouse.move(canvas.x + 160, canvas.y + 100, { steps: 4 })
      await page.mouse.up()
      return await cropping.getByLabel('Left and right').inputValue()
    }
    await expect.poll(drag).toMatch(/^0(\.[0-4]\d*)?$/)
    await cropping.getByRole('button', { name: 'Use this picture' }).press('Enter')
    await card.locator('.avatar img').waitFor()
    await expect.poll(() => page.evaluate(isDrawn('.card.profile .avatar img'))).toBe(true)
    expect(stage.house.world.server.host.groupRoutes.avatars.size).toBe(2)
    await picture(page, 'profile-1280-light')

    await card
      .getByLabel('Picture')
      .setInputFiles({ name: 'no.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no') })
    await card.getByText('This is no picture that this browser can read.').waitFor()
    await page.evaluate(CHOOSE_HUGE)
    await card.getByText('This picture is too large. Take one of at most 50 MB.').waitFor()
    await card.getByRole('button', { name: 'Remove picture' }).click()
    await card.locator('.avatar img').waitFor({ state: 'detached' })
    expect(stage.house.world.server.host.groupRoutes.avatars.size).toBe(1)
  })

  it('a picture that the server does not take is said to be refused, and taken when it is handed in again', async () => {
    const card = page.locator('.card.profile')
    await page.route('**/api/v1/signal/profile/avatar', (route) =>
      route.fulfill({ status: 413, json: { status: 413, code: 'too-large', title: 'Too large' } }),
    )
    await card
      .getByLabel('Picture')
      .setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer: await photograph(300, 300) })
    const cropping = page.getByRole('dialog')
    stage.expectCuts = true
    await cropping.getByRole('button', { name: 'Use this picture' }).click()
    await cropping.getByText('The server did not take this picture.').waitFor()
    stage.expectCuts = false
    expect(await new Axe().findings(page, false)).toEqual([])
    await picture(page, 'picture-not-taken-1280-light')
    await page.unroute('**/api/v1/signal/profile/avatar')
    await cropping.getByRole('button', { name: 'Use this picture' }).click()
    await card.locator('.avatar img').waitFor()
    await cropping.waitFor({ state: 'detached' })
  })

  it('a username is taken, changed with its link, and given up when asked twice', async () => {
    const card = page.locator('.card', { has: page.getByRole('heading', { name: 'Username' }) })
    await card.getByText('There is none.').waitFor()
    await card.getByRole('textbox', { name: 'New username' }).fill('robin.77')
    await card.getByRole('button', { name: 'Set username' }).click()
    await card.getByText('robin.77', { exact: true }).waitFor()
    const link = card.locator('dd', { hasText: 'signal.me' })
    const before = await link.textContent()
    await picture(page, 'username-1280-light')
    await card.getByRole('button', { name: 'New link' }).click()
    await card.getByRole('button', { name: 'Really?' }).click()
    await expect.poll(() => link.textContent()).not.toBe(before)
    await card.getByRole('button', { name: 'Give it up' }).click()
    await card.getByText('robin.77', { exact: true }).waitFor()
    await card.getByRole('button', { name: 'Really?' }).click()
    await card.getByText('There is none.').waitFor()
  })

  it('both screens, wide and narrow, light and dark, are without findings', async () => {
    const axe = new Axe()
    const conversation = await stage.conversationWith(ana)
    for (const [viewport, dark] of [
      [WIDE, true],
      [NARROW, false],
      [NARROW, true],
    ] as const) {
      const window = await stage.window({ viewport, dark })
      for (const [name, place, ready] of [
        ['settings', '/settings/signal', '.card.profile'],
        ['portrait', `/c/${conversation}`, '.thread-head .avatar img'],
      ] as const) {
        const view = await stage.page(window, place)
        await view.locator(ready).first().waitFor()
        await picture(view, `profile-${name}-${viewport.width}-${dark ? 'dark' : 'light'}`)
        expect(await axe.findings(view, false)).toEqual([])
        await view.close()
      }
      await window.close()
    }
  })

  it('who is no administrator sees the profile and no way to change it', async () => {
    const viewer = await stage.enter('Vera', 'viewer')
    await viewer.goto(at('/settings/signal'))
    await viewer.locator('.card.profile', { hasText: 'Robin’s house' }).waitFor()
    expect(await viewer.locator('.card input').count()).toBe(0)
    await viewer.context().close()
  })
})
