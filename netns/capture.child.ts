/** For the test: captures its own datagrams on the loopback interface of the namespace it is started in. */
import { createSocket } from 'node:dgram'
import { openCapture } from './capture.ts'

const COUNT = 50

process.stdin.once('data', () => {
  let seen = 0
  const capture = openCapture({
    device: 'lo',
    filter: 'udp and dst port 9999',
    onFrame: frame => {
      process.stdout.write(`${frame.length} ${frame[42] ?? 0}\n`)
      if (++seen === COUNT) finish()
    },
  })
  process.stdout.write(`${capture.linkType}\n`)
  const socket = createSocket('udp4')
  socket.bind(9999, '127.0.0.1', () => {
    for (let n = 0; n < COUNT; n++) socket.send(Buffer.alloc(n * 20, n), 9999, '127.0.0.1')
  })
  const finish = () => {
    capture.close()
    socket.close()
    process.stdin.destroy()
  }
})
