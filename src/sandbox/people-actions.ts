/** What people can be told to do: write, go away and come back, leave Signal, get a new phone. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { contentTypeOf } from '../domain/media.ts'
import type { Action, Parameter } from './action.ts'
import type { Inhabitant } from './inhabitants.ts'
import { shownPicture } from './mms-actions.ts'
import { portraitPicture } from './portrait-picture.ts'
import { SMALL_PICTURE, SMALL_PICTURE_NAME } from './small-picture.ts'
import type { SandboxWorld } from './world.ts'

const person: Parameter = { name: 'person', summary: 'who: a name or a number', kind: 'text', required: true }
const from: Parameter = { ...person, name: 'from' }
const text: Parameter = { name: 'text', summary: 'what is written', kind: 'text', required: true }
const to: Parameter = { name: 'to', summary: 'which modem (a, b) or number', kind: 'text', fallback: 'a' }
const on: Parameter = {
  name: 'on',
  summary: 'the Signal app, the phone as a whole, or its reception of text messages',
  kind: 'text',
  fallback: 'signal',
  oneOf: ['signal', 'sms', 'both'],
}

export const peopleActions: readonly Action<SandboxWorld>[] = [
  {
    name: 'people',
    summary: 'Who is there, and how they are.',
    parameters: [],
    run: async (world) => world.people.map((who) => view(world, who)),
  },
  {
    name: 'signal',
    summary: 'Somebody sends a Signal message to the gateway.',
    parameters: [from, text, to, { name: 'sealed', summary: 'with sealed sender', kind: 'flag', fallback: true }],
    run: async (world, given) => {
      const sender = world.signalPerson(given.text('from'))
      const { timestampMs } = await sender.sendText(world.numberOf(given.text('to')), given.text('text'), {
        sealed: given.flag('sealed'),
      })
      return { timestamp_ms: timestampMs }
    },
  },
  {
    name: 'avatar',
    summary: 'Somebody has another picture on their Signal profile, or none; seen when the profile is looked at next.',
    parameters: [
      person,
      { name: 'file', summary: 'path of the picture; one of their own when left out, `none`: none', kind: 'text' },
    ],
    run: async (world, given) => {
      const path = given.optionalText('file')
      const { name } = world.person(given.text('person'))
      const own = path === undefined ? portraitPicture(`${name} again`) : undefined
      const picture = path === 'none' ? undefined : (own ?? (await readFile(path ?? '')))
      world.signalPerson(given.text('person')).showPicture(picture)
      return { octets: picture?.length ?? 0 }
    },
  },
  {
    name: 'picture',
    summary: 'Somebody sends a picture, or another file, to the gateway over Signal.',
    parameters: [
      from,
      { name: 'file', summary: 'path of the file; a small picture when left out', kind: 'text' },
      { name: 'text', summary: 'what is written beside it', kind: 'text' },
      { name: 'view_once', summary: 'to be looked at once', kind: 'flag', fallback: false },
      to,
    ],
    run: async (world, given) => {
      const path = given.optionalText('file')
      const content = path === undefined ? SMALL_PICTURE : await readFile(path)
      const fileName = path === undefined ? SMALL_PICTURE_NAME : basename(path)
      const text = given.optionalText('text')
      const timestamp_ms = await world
        .signalPerson(given.text('from'))
        .sendFile(
          world.numberOf(given.text('to')),
          { content, contentType: contentTypeOf(content, undefined), fileName },
          { ...(text === undefined ? {} : { text }), viewOnce: given.flag('view_once') },
        )
      return { timestamp_ms, bytes: content.length }
    },
  },
  {
    name: 'typing',
    summary: 'Somebody begins, or stops, to write to the gateway over Signal.',
    parameters: [from, to, { name: 'started', summary: 'begins, or stops', kind: 'flag', fallback: true }],
    run: async (world, given) => {
      const writer = world.signalPerson(given.text('from'))
      await writer.sendTyping(world.numberOf(given.text('to')), given.flag('started'))
    },
  },
  {
    name: 'signal-call',
    summary: 'Somebody calls the gateway over Signal, which nobody answers.',
    parameters: [from, to, { name: 'video', summary: 'with pictures', kind: 'flag', fallback: false }],
    run: async (world, given) => {
      const caller = world.signalPerson(given.text('from'))
      return { timestamp_ms: await caller.call(world.numberOf(given.text('to')), given.flag('video')) }
    },
  },
  {
    name: 'read',
    summary: 'Somebody reads everything that came by Signal, and their phone says so.',
    parameters: [person],
    run: async (world, given) => {
      const reader = world.signalPerson(given.text('person'))
      for (const { fromE164, timestampMs } of reader.texts) {
        if (fromE164 !== undefined) await reader.sendReceipt(fromE164, 'read', [timestampMs])
      }
      return { messages: reader.texts.length }
    },
  },
  {
    name: 'habits',
    summary: 'Changes what a Signal app answers by itself.',
    parameters: [
      person,
      { name: 'delivery_receipts', summary: 'answers each message with a delivery receipt', kind: 'flag' },
      { name: 'read_receipts', summary: 'marks each message as read at once', kind: 'flag' },
      { name: 'server_receipts', summary: "the server's own receipt for unsealed messages", kind: 'flag' },
    ],
    run: async (world, given) => {
      const { habits } = world.signalPerson(given.text('person'))
      habits.deliveryReceipts = given.optionalFlag('delivery_receipts') ?? habits.deliveryReceipts
      habits.readReceipts = given.optionalFlag('read_receipts') ?? habits.readReceipts
      habits.serverReceipts = given.optionalFlag('server_receipts') ?? habits.serverReceipts
      return {
        delivery_receipts: habits.deliveryReceipts,
        read_receipts: habits.readReceipts,
        server_receipts: habits.serverReceipts,
      }
    },
  },
  {
    name: 'offline',
    summary: 'A phone is off: messages wait, no receipt comes.',
    parameters: [person, on],
    run: async (world, given) => {
      const who = world.person(given.text('person'))
      if (given.text('on') !== 'sms') world.signalPerson(who.key).goOffline()
      if (given.text('on') !== 'signal') {
        who.phone.setPhone('off')
        world.mmsc.handset(who.number).setOn(false)
      }
      return view(world, who)
    },
  },
  {
    name: 'online',
    summary: 'A phone is on again: what waited arrives.',
    parameters: [person, on],
    run: async (world, given) => {
      const who = world.person(given.text('person'))
      if (given.text('on') !== 'sms') await world.signalPerson(who.key).goOnline()
      if (given.text('on') !== 'signal') {
        who.phone.setPhone('on')
        world.mmsc.handset(who.number).setOn(true)
      }
      return view(world, who)
    },
  },
  {
    name: 'leave',
    summary: 'Somebody leaves Signal.',
    parameters: [
      person,
      { name: 'listed', summary: 'the directory has not noticed yet', kind: 'flag', fallback: true },
    ],
    run: async (world, given) => {
      await world.signalPerson(given.text('person')).leaveSignal({ stayListed: given.flag('listed') })
    },
  },
  {
    name: 'return',
    summary: 'Somebody who left is on Signal again, with the identity of before.',
    parameters: [person],
    run: async (world, given) => {
      await world.signalPerson(given.text('person')).returnToSignal()
    },
  },
  {
    name: 'change-key',
    summary: 'Somebody gets a new phone: the safety number changes.',
    parameters: [person],
    run: async (world, given) => {
      await world.signalPerson(given.text('person')).reinstall()
    },
  },
  {
    name: 'link-gateway',
    summary: 'Somebody scans the code that a gateway shows (causeway signal link): it becomes a device of theirs.',
    parameters: [person, { name: 'uri', summary: 'sgnl://linkdevice…', kind: 'text', required: true }],
    run: async (world, given) => {
      const owner = world.signalPerson(given.text('person'))
      const others = world.people.flatMap(({ signal }) => (signal === undefined || signal === owner ? [] : [signal]))
      return { device: await owner.link(given.text('uri'), others) }
    },
  },
  {
    name: 'add-device',
    summary: 'Somebody links one more device to their Signal account.',
    parameters: [person],
    run: async (world, given) => ({ device: await world.signalPerson(given.text('person')).addDevice() }),
  },
  {
    name: 'remove-device',
    summary: 'Somebody unlinks a device.',
    parameters: [person, { name: 'device', summary: 'its number', kind: 'integer', required: true }],
    run: async (world, given) => {
      await world.signalPerson(given.text('person')).removeDevice(given.integer('device'))
    },
  },
  {
    name: 'inbox',
    summary: 'What somebody has received: texts, picture messages, and per device what came by Signal.',
    parameters: [person],
    run: async (world, given) => {
      const who = world.person(given.text('person'))
      const pictures = world.mmsc.handset(who.number).inbox.map(shownPicture)
      return { ...view(world, who), texts: who.phone.inbox, pictures, devices: who.signal?.ledger() ?? [] }
    },
  },
]

function view({ mmsc }: SandboxWorld, { key, name, number, summary, phone, signal }: Inhabitant) {
  return {
    key,
    name,
    number,
    summary,
    phone: phone.phone,
    signal: signal === undefined ? 'none' : !signal.onSignal ? 'left' : signal.online ? 'online' : 'offline',
    aci: signal?.aci ?? null,
    received: { sms: phone.inbox.length, mms: mmsc.handset(number).inbox.length, signal: signal?.texts.length ?? 0 },
  }
}
