// Strings: one- and two-byte, internalized, concatenated, sliced, external, thin, of one character, very long, and with odd content.
'use strict'

class Text { constructor (text) { this.text = text } }

module.exports = async function build () {
  const plain = Array.from({ length: 3000 }, (_, at) => new Text(`plain text number ${at} of many`.slice(0, 10 + at % 20)))
  const twoByte = Array.from({ length: 500 }, (_, at) => new Text(`строка ${at} ノード`))
  const characters = Array.from({ length: 600 }, (_, at) => String.fromCharCode(at))
  const pairs = Array.from({ length: 26 }, (_, at) => String.fromCharCode(97 + at, 98 + at))
  let rope = 'a rope'
  for (let at = 0; at < 1000; at++) rope = at % 2 ? rope + ` and part ${at}` : `part ${at} and ` + rope
  const ropes = Array.from({ length: 100 }, (_, at) => `${rope}${at}${rope}`)
  const flattened = ropes.slice(0, 10).map((one) => one + ', flat')
  for (const one of flattened) one.charCodeAt(5)
  const long = 'long text '.repeat(50_000)
  const slices = Array.from({ length: 300 }, (_, at) => long.slice(at * 20, at * 20 + 30 + at))
  const slicesOfTwoByte = Array.from({ length: 50 }, (_, at) => ('длинный текст '.repeat(100) + at).slice(at, 200 + at))
  // Used as keys they are internalized, and the strings that were there become thin.
  const computed = Array.from({ length: 300 }, (_, at) => ['key', 'number', at].join('-'))
  const keyed = Object.fromEntries(computed.map((key) => [key, key.length]))
  const asKeys = Array.from({ length: 300 }, (_, at) => ({ [`made ${at}`.toUpperCase()]: at }))
  const repeated = Array.from({ length: 1000 }, (_, at) => JSON.parse(`"repeated ${at % 10}"`))
  // Large enough for Node to keep them outside the heap.
  const external = [Buffer.alloc(1_200_000, 'x').toString('latin1'), Buffer.alloc(2_400_000, 'ж', 'utf16le').toString('utf16le')]
  const sliceOfExternal = external[0].slice(100, 1000)
  const odd = ['', '\0\0', '\ud800', 'a\ud83d\ude00b', '\u2028', '"quoted"\n', '\uffff'.repeat(20), ' '.repeat(200)]
  const numeric = Array.from({ length: 300 }, (_, at) => String(at * 1_000_003))
  const parts = long.split(' ').slice(0, 1000)
  const encoded = ['hex', 'base64', 'latin1', 'ucs2'].map((encoding) => Buffer.from('encoded text').toString(encoding))
  return {
    held: { plain, twoByte, characters, pairs, rope, ropes, flattened, long, slices, slicesOfTwoByte, computed, keyed, asKeys, repeated, external, sliceOfExternal, odd, numeric, parts, encoded },
    counts: { Text: 3500 }
  }
}
