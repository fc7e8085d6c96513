/** The numbers by which a server tells installations of the app apart. */
import { randomBytes } from 'node:crypto'
import type { RegistrationId } from './mock.ts'

/** 1…16380. */
export function registrationId(): RegistrationId {
  return (1 + (randomBytes(2).readUInt16BE() % 16_380)) as RegistrationId
}
