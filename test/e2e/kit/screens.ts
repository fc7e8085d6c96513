/** Every screen of the inbox, as data: where it is, what to do there, what shows that it is ready. */
import type { Page } from 'playwright-core'

/** Ids of the conversations with the people of the sandbox, and of a message that fell back. */
export interface Cast {
  ana: string
  ben: string
  chloe: string
  dev: string
  echo: string
  fallen: string
}

/** A screen: where it is, what to do there, what shows that it is ready. */
interface Screen {
  name: string
  place: (cast: Cast) => string
  ready: string
  act?: (page: Page) => Promise<void>
}

export const screens: readonly Screen[] = [
  { name: 'list', place: () => '/', ready: 'a.row' },
  { name: 'signal-thread', place: (cast) => `/c/${cast.ana}`, ready: '.entry.ours' },
  {
    name: 'text-thread',
    place: (cast) => `/c/${cast.ben}`,
    ready: '.composer textarea',
    act: async (page) => {
      await page.locator('.composer textarea').fill('Long “words” for one who pays for each')
      await page.locator('.counter .forced').waitFor()
    },
  },
  { name: 'stale-thread', place: (cast) => `/c/${cast.chloe}`, ready: '.banner' },
  { name: 'request', place: (cast) => `/c/${cast.echo}`, ready: '.decision' },
  { name: 'identity', place: (cast) => `/c/${cast.dev}`, ready: '.decision' },
  { name: 'about', place: (cast) => `/c/${cast.ana}/about`, ready: '.digits span' },
  { name: 'ledger', place: (cast) => `/c/${cast.ana}/info/${cast.fallen}`, ready: '.timeline .sms' },
  { name: 'new', place: () => '/new', ready: '.people .row' },
  {
    name: 'message-menu',
    place: (cast) => `/c/${cast.ana}`,
    ready: '.entry.ours',
    act: async (page) => {
      await page.locator('.entry.ours.signal .entry-menu').last().click()
      await page.locator('.menu:popover-open .menu-entry').first().waitFor()
    },
  },
  {
    name: 'schedule',
    place: (cast) => `/c/${cast.ana}`,
    ready: '.entry.ours',
    act: async (page) => {
      await page.locator('.composer .icon-button').last().click()
      await page.locator('dialog[open]').waitFor()
    },
  },
  {
    name: 'preferences',
    place: () => '/',
    ready: 'a.row',
    act: async (page) => {
      await page.locator('.strip .icon-button').click()
      await page.locator('.menu:popover-open .menu-entry').first().click()
      await page.locator('dialog[open]').waitFor()
    },
  },
]

/** Words of the page that no catalogue has given: text, and the names of what is not text. */
export const PLAIN_WORDS = `(() => {
  const found = new Set()
  const plain = /[A-Za-z]{3,}/
  // Names of products and standards, and what the browser itself writes.
  const spared = /GSM-7|UCS-2|dBm|\\bbyte\\b/g
  const look = (words, element) => {
    if (element.closest('[translate]')?.getAttribute('translate') === 'no') return
    if (plain.test(words.replace(/⟦[^⟧]*⟧/g, '').replace(spared, ''))) found.add(words.trim())
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) look(walker.currentNode.data, walker.currentNode.parentElement)
  for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
    for (const element of document.querySelectorAll('[' + name + ']')) look(element.getAttribute(name), element)
  }
  return [...found]
})()`
