/** A house with texts and pictures only: what the gateway shows, and Ben's phone at the simulated MMSC. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import type { HandsetDraft, HandsetMessage } from '../../../modem/sim/mmsc-handset.ts'
import { House, type HouseOptions, type MessageView } from '../../../src/sandbox/house.ts'
import { type Ended, run } from '../../unit/cli/run.ts'

export interface AnnouncedView {
  id: string
  state: string
  code: string | null
  reason: string | null
  answer: string | null
  answered: boolean | null
}

/** A picture that is small, of its own colour each. */
export function smallPicture(red = 40): Promise<Buffer> {
  const background = { r: red, g: 120, b: 90 }
  return sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .jpeg()
    .toBuffer()
}

/** Noise, which no coder makes small. */
export function noisePicture(width: number, height: number): Promise<Buffer> {
  const noise = Buffer.alloc(width * height * 3)
  let seed = 7
  for (let at = 0; at < noise.length; at++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) | 0
    noise[at] = seed >>> 24
  }
  return sharp(noise, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

export class MmsHouse {
  readonly house: House
  readonly #config: Record<string, unknown>

  private constructor(house: House, config: Record<string, unknown>) {
    this.house = house
    this.#config = config
  }

  static async open(mms: Record<string, unknown> = {}, more: Partial<HouseOptions> = {}): Promise<MmsHouse> {
    const config: Record<string, unknown> = { mode: 'sms_only', mms: { timeout: '1s', ...mms } }
    return new MmsHouse(await House.open({ signal: false, config, ...more }), config)
  }

  /** With other settings from now on. */
  async restart(mms: Record<string, unknown>): Promise<void> {
    this.#config['mms'] = { timeout: '1s', ...mms }
    await this.house.stop()
    await this.house.start()
    await this.house.modemsReady()
  }

  get mmsc() {
    return this.house.world.mmsc
  }

  get us(): string {
    return this.house.world.gatewayNumber
  }

  get benNumber(): string {
    return this.house.world.person('ben').number
  }

  get ben() {
    return this.mmsc.handset(this.benNumber)
  }

  /** Ben sends a picture with these words; resolves with its Message-ID. */
  async fromBen(text: string, more: Partial<HandsetDraft> = {}): Promise<string> {
    const files = [{ media: 'image/jpeg', name: 'cat.jpg', data: await smallPicture() }]
    return this.ben.send({ to: [this.us], text, files, ...more })
  }

  cli(...words: string[]): Promise<Ended> {
    return run([...words, '--socket', join(this.house.directory, 'run', 'api.sock')])
  }

  /** The gateway sends these octets; resolves with the id of the message. */
  async toBen(text: string, name: string, octets: Buffer): Promise<string> {
    const path = join(this.house.directory, name)
    writeFileSync(path, octets)
    const { out, err } = await this.cli('send', this.benNumber, text, '--attach', path, '--json')
    const id = /msg_\w{26}/.exec(out)?.[0]
    if (id === undefined) throw new Error(`not sent: ${err}`)
    return id
  }

  async announced(): Promise<AnnouncedView[]> {
    const { data } = await this.house.api.call<{ data: AnnouncedView[] }>('GET', '/api/v1/mms?limit=200')
    return data
  }

  /** Asks for whatever waits for a later try. */
  async fetchWaiting(): Promise<void> {
    for (const { id, state } of await this.announced()) {
      if (state === 'pushed') await this.house.api.ask('POST', `/api/v1/mms/${id}/fetch`)
    }
  }

  /** Everything that came, with these words in it. */
  async came(words: string): Promise<MessageView[]> {
    return (await this.house.messages()).filter(({ direction, text }) => direction === 'in' && text.includes(words))
  }

  /** Waits until it is shown, once. */
  async shown(words: string): Promise<MessageView> {
    let seen: MessageView[] = []
    await this.house.eventually(`“${words}” is shown`, async () => {
      seen = await this.came(words)
      return seen.length > 0
    })
    const [only, ...others] = seen
    if (only === undefined || others.length > 0) throw new Error(`“${words}” is shown ${seen.length} times`)
    return only
  }

  /** Waits until Ben has it. */
  async atBen(words: string): Promise<HandsetMessage> {
    let found: HandsetMessage | undefined
    await this.house.eventually(`Ben has “${words}”`, () => {
      found = this.ben.inbox.find(({ text }) => text.includes(words))
      return found !== undefined
    })
    if (found === undefined) throw new Error('unreachable')
    return found
  }

  /** Waits until the MMSC has been told of all that it announced. */
  async allAnswered(): Promise<void> {
    await this.house.eventually('everything is answered', async () =>
      (await this.announced()).every(({ answered }) => answered !== false),
    )
  }
}
