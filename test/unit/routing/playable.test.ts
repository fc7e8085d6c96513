/** Copies of recordings that browsers play: made when wanted, kept once, and gone with what they are copies of. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { MakePlayable } from '../../../src/domain/media.ts'
import { PlayableDesk } from '../../../src/routing/playable.ts'
import { findAttachment, keepPlayable } from '../../../src/store/attachments.ts'
import { storedBlob } from '../../../src/store/blob-rows.ts'
import { World } from './world.ts'

const AMR = Buffer.concat([Buffer.from('#!AMR\n'), Buffer.alloc(32, 0x3c)])
const PLAYED = Buffer.from('what browsers play')

class Rig {
  readonly world: World
  readonly made: string[] = []
  make: MakePlayable = async () => ({ contentType: 'audio/mp4', octets: PLAYED })
  readonly desk: PlayableDesk

  private constructor(world: World) {
    this.world = world
    const { media } = world.router
    this.desk = new PlayableDesk({
      db: world.db,
      blobs: media.blobs,
      make: (contentType, octets) => {
        this.made.push(`${contentType} ${octets.length}`)
        return this.make(contentType, octets)
      },
      clock: world.clock,
      collect: () => media.poke(),
    })
  }

  static async open(): Promise<Rig> {
    const world = await World.open()
    onTestFinished(() => world.close())
    return new Rig(world)
  }

  async recording(octets: Uint8Array = AMR) {
    const facts = { contentType: '', fileName: 'note.amr', voice: false, borderless: false, gif: false }
    const chunks = (async function* () {
      yield octets
    })()
    const nothing = { caption: undefined, blurhash: undefined }
    return (await this.world.router.media.add(chunks, { ...facts, ...nothing }, octets.length)).row
  }

  async row(id: string) {
    const row = await findAttachment(this.world.db, id)
    if (row === undefined) throw new Error('no such attachment')
    return row
  }

  async read(blob: { id: string; bytes: number }): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of this.world.router.media.blobs.read(blob)) pieces.push(Buffer.from(piece))
    return Buffer.concat(pieces)
  }
}

describe('a recording that browsers do not play', () => {
  it('is converted once, however many want it, and read again afterwards', async () => {
    const rig = await Rig.open()
    const row = await rig.recording()
    expect(row.content_type).toBe('audio/amr')
    const [one, other] = await Promise.all([rig.desk.of(row), rig.desk.of(row)])
    expect(one).toMatchObject({ contentType: 'audio/mp4', bytes: PLAYED.length })
    expect(other.id).toBe(one.id)
    expect(await rig.read(one)).toEqual(PLAYED)
    expect((await rig.desk.of(await rig.row(row.id))).id).toBe(one.id)
    expect(rig.made).toEqual([`audio/amr ${AMR.length}`])
  })

  it('takes its copy along when it is removed', async () => {
    const rig = await Rig.open()
    const row = await rig.recording()
    const copy = await rig.desk.of(row)
    await rig.world.router.media.wipe(row.id)
    await expect.poll(() => storedBlob(rig.world.db, copy.id)).toBeUndefined()
    await expect(rig.desk.of(await rig.row(row.id))).rejects.toMatchObject({ code: 'wrong-state' })
  })

  it('leaves no copy of what was removed while it was converted', async () => {
    const rig = await Rig.open()
    const row = await rig.recording()
    rig.make = async () => {
      await rig.world.router.media.wipe(row.id)
      return { contentType: 'audio/mp4', octets: PLAYED }
    }
    await expect(rig.desk.of(row)).rejects.toMatchObject({ code: 'wrong-state' })
    const named = () => rig.world.db.selectFrom('blobs').select('id').execute()
    await expect.poll(named).toEqual([])
  })

  it.each([
    ['not-installed', 'no-converter', 'after-human'],
    ['unreadable', 'not-playable', 'never'],
    ['too-long', 'not-playable', 'never'],
    ['unavailable', 'busy', 'same-transport'],
  ] as const)('says why it cannot be played: %s', async (why, code, retry) => {
    const rig = await Rig.open()
    rig.make = async () => why
    await expect(rig.desk.of(await rig.recording())).rejects.toMatchObject({ code, retry })
  })

  it('is none where browsers play it as it is', async () => {
    const rig = await Rig.open()
    const row = await rig.recording(Buffer.from('ID3 a song of sorts'))
    await expect(rig.desk.of(row)).rejects.toMatchObject({ code: 'wrong-state' })
    expect(rig.made).toEqual([])
  })

  it('is one of a bounded number of copies, of which the oldest goes', async () => {
    const rig = await Rig.open()
    const { db, router } = rig.world
    const copies: string[] = []
    for (let nth = 0; nth < 3; nth++) {
      const row = await rig.recording()
      const writer = await router.media.blobs.create()
      await writer.write(PLAYED)
      const blob = await writer.finish()
      copies.push(blob.id)
      await db.transaction().execute((tx) => keepPlayable(tx, row, blob, 2, rig.world.nowMs + nth))
    }
    const rows = await db.selectFrom('attachments').select('playable_id').execute()
    const kept = rows.map(({ playable_id: id }) => id).filter((id) => id !== null)
    expect(kept.toSorted()).toEqual(copies.slice(1).toSorted())
  })
})
