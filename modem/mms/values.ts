/** Forms of header values that only MMS has, OMA-TS-MMS_ENC §7.3, both ways. All reading throws MmsError. */
import { type Address, readAddress, writeAddress } from './address.ts'
import { decodeHeaderText } from './charset.ts'
import { versionOf } from './content-type.ts'
import type { WspReader } from './reader.ts'
import type { MmsTime, PreviouslySentBy, PreviouslySentDate } from './types.ts'
import type { WspWriter } from './writer.ts'

/**
 * How a value is read and written. Reading gives undefined for a token that means nothing to us: the header is then kept
 * as it came.
 */
export interface ValueForm<T> {
  read(reader: WspReader, field: string): T | undefined
  write(writer: WspWriter, value: T, field: string): void
}

const ABSOLUTE = 0x80
const RELATIVE = 0x81

export const textForm: ValueForm<string> = {
  read: (reader, field) => decodeHeaderText(reader.text(field)),
  write: (writer, value, field) => writer.text(value, field),
}

export const integerForm: ValueForm<number> = {
  read: (reader, field) => reader.integer(field),
  write: (writer, value, field) => writer.integer(value, field),
}

/** Written long also where it would fit into one octet: Date, Message-Size and their like know no short form. */
export const longForm: ValueForm<number> = {
  read: (reader, field) => reader.integer(field),
  write: (writer, value, field) => writer.longInteger(value, field),
}

/** One octet from 0x80 on, kept as it is. */
export const octetForm: ValueForm<number> = {
  read(reader, field) {
    const value = reader.octet(field)
    if (value < 0x80) throw reader.fault('malformed', field, `${field} is no token`, reader.offset - 1)
    return value
  },
  write(writer, value, field) {
    if (!Number.isInteger(value) || value < 0x80) throw writer.fault(field, 'is an octet from 128 to 255')
    writer.octet(value, field)
  },
}

/** Words for the octets from 0x80 on. */
export function wordForm<T extends string | boolean>(words: readonly T[]): ValueForm<T> {
  return {
    read: (reader, field) => words[octet(reader, field) - 0x80],
    write(writer, value, field) {
      const index = words.indexOf(value)
      if (index < 0) throw writer.fault(field, `is not one of ${words.join(', ')}`)
      writer.octet(0x80 + index, field)
    },
  }
}

const CLASSES = ['personal', 'advertisement', 'informational', 'auto']

/** Message-Class: an octet for the four of the standard, a word for others. */
export const classForm: ValueForm<string> = {
  read: (reader, field) =>
    reader.peek(field) >= 0x80 ? CLASSES[reader.octet(field) - 0x80] : decodeHeaderText(reader.text(field)),
  write(writer, value, field) {
    const index = CLASSES.indexOf(value)
    if (index < 0) writer.text(value, field)
    else writer.octet(0x80 + index, field)
  },
}

export const versionForm: ValueForm<string> = {
  read: (reader, field) =>
    reader.isTextNext(field) ? decodeHeaderText(reader.text(field)) : versionOf(reader.integer(field)),
  write(writer, value, field) {
    const [, major, minor = '15'] = /^([0-7])(?:\.(\d{1,2}))?$/.exec(value) ?? []
    if (major === undefined || Number(minor) > 15) throw writer.fault(field, 'is not a version as 1.2')
    writer.shortInteger((Number(major) << 4) | Number(minor), field)
  },
}

export const timeForm: ValueForm<MmsTime> = {
  read(reader, field) {
    const value = reader.lengthed(field)
    const token = value.octet(field)
    if (token === ABSOLUTE) return { kind: 'absolute', epoch: value.integer(field) }
    if (token === RELATIVE) return { kind: 'relative', seconds: value.integer(field) }
    throw value.fault('malformed', field, `${field} is neither absolute nor relative`, value.offset - 1)
  },
  write(writer, value, field) {
    writer.lengthed(field, (inner) => {
      inner.octet(value.kind === 'absolute' ? ABSOLUTE : RELATIVE, field)
      inner.longInteger(value.kind === 'absolute' ? value.epoch : value.seconds, field)
    })
  },
}

export const sentByForm: ValueForm<PreviouslySentBy> = {
  read(reader, field) {
    const value = reader.lengthed(field)
    const count = value.integer(field)
    const from: Address = value.remaining === 0 ? { address: '' } : readAddress(value, field)
    return { count, from }
  },
  write(writer, { count, from }, field) {
    writer.lengthed(field, (inner) => {
      inner.integer(count, field)
      writeAddress(inner, from, field)
    })
  },
}

export const sentDateForm: ValueForm<PreviouslySentDate> = {
  read(reader, field) {
    const value = reader.lengthed(field)
    return { count: value.integer(field), epoch: value.integer(field) }
  },
  write(writer, { count, epoch }, field) {
    writer.lengthed(field, (inner) => {
      inner.integer(count, field)
      inner.longInteger(epoch, field)
    })
  },
}

function octet(reader: WspReader, field: string): number {
  return octetForm.read(reader, field) ?? 0
}
