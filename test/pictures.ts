/**
 * Looks at pictures, for all tests of a process: its thread takes half a second of a core to begin, which is more than most
 * tests take. It ends with the process.
 */
import { Pictures } from '../src/media/pictures.ts'

export const pictures = new Pictures()
