// A bar on a terminal, and nothing anywhere else.
'use strict'

const WIDTH = 30

/**
 * @param {{ isTTY?: boolean, write(text: string): unknown }} stream
 * @returns {{ onProgress?: (progress: { percent: number }) => void, end(): void }}
 */
function progressBar (stream) {
  if (!stream.isTTY) return { onProgress: undefined, end () {} }
  return {
    onProgress ({ percent }) {
      const full = Math.round(percent * WIDTH / 100)
      stream.write(`\r${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${percent} %`)
    },
    end () {
      stream.write('\r\x1b[K')
    }
  }
}

module.exports = { progressBar }
