// Cryptography: keys of every kind, hashes and ciphers under way, certificates, Diffie-Hellman, and the web's own keys.
'use strict'

const crypto = require('node:crypto')
const { promisify } = require('node:util')

class Signed {
  constructor (text, key) {
    this.text = text
    this.signature = crypto.sign(null, Buffer.from(text), key)
  }
}

module.exports = async function build () {
  const secrets = Array.from({ length: 50 }, (_, at) => crypto.createSecretKey(Buffer.alloc(32, at)))
  const generate = promisify(crypto.generateKeyPair)
  const ed = await generate('ed25519')
  const ec = await generate('ec', { namedCurve: 'P-256' })
  const signed = Array.from({ length: 50 }, (_, at) => new Signed(`text ${at}`, ed.privateKey))
  const hashes = Array.from({ length: 50 }, (_, at) => crypto.createHash('sha256').update(`begun ${at}`))
  const ended = Array.from({ length: 20 }, (_, at) => { const hash = crypto.createHash('md5').update(`${at}`); return { hash, digest: hash.digest('hex') } })
  const macs = secrets.slice(0, 10).map((secret) => crypto.createHmac('sha512', secret).update('begun'))
  const ciphers = secrets.slice(0, 10).map((secret) => { const one = crypto.createCipheriv('aes-256-gcm', secret, Buffer.alloc(12)); one.update('begun'); return one })
  const signing = [crypto.createSign('SHA256').update('begun'), crypto.createVerify('SHA256').update('begun')]
  const exchange = [crypto.createECDH('prime256v1'), crypto.getDiffieHellman('modp14')]
  exchange[0].generateKeys()
  const { subtle } = crypto.webcrypto
  const webKeys = [
    await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']),
    await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']),
    await subtle.importKey('raw', Buffer.alloc(32), 'HMAC', false, ['sign']).catch(() => null) ?? await subtle.generateKey({ name: 'HMAC', hash: 'SHA-1' }, true, ['sign'])
  ]
  const encrypted = await subtle.encrypt({ name: 'AES-GCM', iv: Buffer.alloc(12) }, webKeys[0], Buffer.from('a text'))
  const derived = await promisify(crypto.scrypt)('password', 'salt', 64)
  const ids = Array.from({ length: 300 }, () => crypto.randomUUID())
  return {
    held: { secrets, ed, ec, signed, hashes, ended, macs, ciphers, signing, exchange, webKeys, encrypted, derived, ids, jwk: ec.publicKey.export({ format: 'jwk' }) },
    counts: { Signed: 50 }
  }
}
