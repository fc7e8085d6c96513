/** How large a file is, in the words of the screen. */
import { sizeIn } from '../languages/size.ts'
import { currentLocale } from '../languages/translate.ts'

/** 1,300,000 → "1.3 MB". */
export function sizeWords(bytes: number): string {
  return sizeIn(bytes, currentLocale())
}
