/**
 * A made-up language for tests: every letter of a message is replaced by one outside ASCII, so that whatever is still
 * plain on the screen was never in a catalogue. Arguments stay what they are. Pure.
 */
import { type MessagePart, parseMessage } from './icu.ts'

const FROM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const TO = 'åƀçðéƒĝĥîĵķļɱñöþɋŕšţûṽŵẋýžÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞɊŔŠŢÛṼŴẊÝŽ'

const letters = new Map([...FROM].map((letter, index) => [letter, [...TO][index] ?? letter]))

/** The message with every letter of its words replaced, in brackets that show where it begins and ends. */
export function pseudoMessage(source: string): readonly MessagePart[] {
  return ['⟦', ...parseMessage(source).map(pseudoPart), '⟧']
}

function pseudoPart(part: MessagePart): MessagePart {
  if (typeof part === 'string') return [...part].map((letter) => letters.get(letter) ?? letter).join('')
  if (part.kind !== 'plural' && part.kind !== 'select') return part
  const choices = Object.entries(part.choices).map(([key, parts]) => [key, parts.map(pseudoPart)] as const)
  return { ...part, choices: Object.fromEntries(choices) }
}
