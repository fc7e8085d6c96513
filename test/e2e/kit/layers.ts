/** What lies over the screens or comes only now and then, as data that needs no language: menus, dialogs, lines on top. */
import type { Page } from 'playwright-core'

/** Places of the conversations that the layers lie over. */
export interface LayerPlaces {
  ana: string
  ben: string
  /** Sent over Signal a moment ago, and without a receipt. */
  waiting: string
}

interface Layer {
  name: string
  place: (places: LayerPlaces) => string
  ready: string
  act?: (page: Page, places: LayerPlaces) => Promise<void>
  /** What shows that it is open. */
  shown?: string
}

const icon = (name: string) => `.menu:popover-open .menu-entry:has(.lucide-${name})`
const dialog = 'dialog[open]'

async function ownMenu(page: Page): Promise<void> {
  await page.locator('.strip .icon-button').click()
  await page.locator('.strip .menu:popover-open').waitFor()
}

async function messageMenu(page: Page, { waiting }: LayerPlaces): Promise<void> {
  const entry = page.locator(`[data-message="${waiting}"]`)
  await entry.hover()
  await entry.locator('.entry-menu').click()
  await page.locator('.menu:popover-open .quick').waitFor()
}

async function seek(page: Page, words: string): Promise<void> {
  await page.locator('#search').fill(words)
}

export const layers: readonly Layer[] = [
  { name: 'guide', place: () => '/', ready: '.guide', shown: '.guide .guide-steps' },
  { name: 'restored', place: () => '/', ready: 'a.row', shown: '.guide a[href="#/queue"]' },
  {
    name: 'palette',
    place: () => '/',
    ready: 'a.row',
    act: (page) => page.keyboard.press('Control+k'),
    shown: `${dialog} [role=option]`,
  },
  {
    name: 'palette-nothing',
    place: () => '/',
    ready: 'a.row',
    act: async (page) => {
      await page.keyboard.press('Control+k')
      await page.locator('.palette-field').fill('xyzzy')
    },
    shown: `${dialog} p`,
  },
  { name: 'search', place: () => '/', ready: 'a.row', act: (page) => seek(page, 'hello'), shown: '.results mark' },
  {
    name: 'search-nothing',
    place: () => '/',
    ready: 'a.row',
    act: (page) => seek(page, 'xyzzy'),
    shown: '.list-pane .empty:not(.quiet)',
  },
  {
    name: 'archive',
    place: () => '/',
    ready: 'a.row',
    act: (page) => page.locator('.list-head .icon-button').first().click(),
    shown: '.list-pane .empty',
  },
  { name: 'own-menu', place: () => '/', ready: 'a.row', act: ownMenu },
  {
    name: 'row-menu',
    place: () => '/',
    ready: 'a.row',
    act: async (page) => {
      await page.locator('.row-holder').first().hover()
      await page.locator('.row-menu').first().click()
    },
    shown: '.row-holder .menu:popover-open',
  },
  {
    name: 'notifications',
    place: () => '/',
    ready: 'a.row',
    act: async (page) => {
      await ownMenu(page)
      await page.locator(icon('bell')).click()
    },
    shown: dialog,
  },
  { name: 'message-menu-open', place: ({ ana }) => `/c/${ana}`, ready: '.entry.ours', act: messageMenu },
  {
    name: 'edit',
    place: ({ ana }) => `/c/${ana}`,
    ready: '.entry.ours',
    act: async (page, places) => {
      await messageMenu(page, places)
      await page.locator(icon('pencil')).click()
    },
    shown: `${dialog} textarea`,
  },
  {
    name: 'send-as-text',
    place: ({ ana }) => `/c/${ana}`,
    ready: '.entry.ours',
    act: async (page, places) => {
      await messageMenu(page, places)
      await page.locator(icon('message-square')).click()
    },
    shown: `${dialog} .button.sms`,
  },
  {
    name: 'pill',
    place: ({ ana }) => `/c/${ana}`,
    ready: '.composer button.pill',
    act: (page) => page.locator('.composer button.pill').click(),
    shown: '.composer .menu:popover-open',
  },
  {
    name: 'reply',
    place: ({ ana }) => `/c/${ana}`,
    ready: '.entry.ours',
    act: async (page, places) => {
      await messageMenu(page, places)
      await page.locator(icon('reply')).click()
    },
    shown: '.composer-quote',
  },
  {
    name: 'upload-tray',
    place: ({ ben }) => `/c/${ben}`,
    ready: '.composer textarea',
    act: async (page) => {
      const file = { name: 'a-list-with-a-rather-long-name.txt', mimeType: 'text/plain', buffer: Buffer.from('eggs') }
      await page.locator('.composer input[type=file]').setInputFiles(file)
      await page.locator('.tray-file:not(:has(progress))').first().waitFor()
      await page.locator('.composer-foot .link').click()
    },
    shown: '.composer-subject input',
  },
  { name: 'timer', place: ({ ana }) => `/c/${ana}/about`, ready: '.digits span', act: scrollToEnd('.panel-body') },
  {
    name: 'join',
    place: ({ ben }) => `/c/${ben}/about`,
    ready: '.person .buttons',
    act: (page) => page.locator('.person .buttons .button').first().click(),
    shown: `${dialog} .small-form, ${dialog} fieldset, ${dialog} .field`,
  },
  { name: 'settings-book', place: () => '/settings/book', ready: '.card' },
  { name: 'settings-backup', place: () => '/settings/backup', ready: '.card .button' },
  {
    name: 'queue-pause',
    place: () => '/queue',
    ready: '.pauses summary',
    act: (page) => page.locator('.pauses summary').click(),
    shown: '.pauses .button',
  },
  {
    name: 'simulator',
    place: () => '/',
    ready: 'a.row',
    act: async (page) => {
      await ownMenu(page)
      // The last of the places, before what is the browser's own.
      await page.locator('.menu:popover-open .menu-entry:has(+ .menu-entry .lucide-bell)').click()
    },
    shown: '[data-testid=sim] .card',
  },
]

/** A text area of the page, at its end. */
function scrollToEnd(selector: string): (page: Page) => Promise<void> {
  return async (page) => {
    await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).scrollTo(0, 1e6)`)
  }
}

/** Opens a layer in a page that is somewhere else. */
export async function openLayer(page: Page, url: string, layer: Layer, places: LayerPlaces): Promise<void> {
  await page.goto(`${url}/#${layer.place(places)}`)
  // What was open over the place before is gone.
  await page.reload()
  await page.locator(layer.ready).first().waitFor()
  await layer.act?.(page, places)
  if (layer.shown !== undefined) await page.locator(layer.shown).first().waitFor()
}

/** What is pressed and is smaller than a thumb, in words; links within sentences follow the text (WCAG 2.5.8). */
export const SMALL_TARGETS = `(() => {
  const LEAST_PX = 44
  const found = new Set()
  for (const element of document.querySelectorAll('button, a[href], select, summary, input:not([type=hidden]), textarea')) {
    const whole = element.closest('label') ?? element
    const { width, height } = whole.getBoundingClientRect()
    const hidden = width === 0 || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    if (hidden || element.matches('.skip, .visually-hidden, p a, p .link, .text a') || element.hidden) continue
    if (Math.round(height) >= LEAST_PX && Math.round(width) >= LEAST_PX) continue
    found.add(element.tagName.toLowerCase() + '.' + element.className + ' ' + Math.round(width) + 'x' + Math.round(height))
  }
  return [...found]
})()`
