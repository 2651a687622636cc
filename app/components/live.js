// Live video: frames from a camera or a file travel to /api/live, what comes back is drawn over the picture.
// The messages are those of resnet_core/live_protocol.py. A frame is sent only while fewer than data.most are on their way.

const QUALITY = 0.9
const FPS_WINDOW = 2000 // milliseconds over which frames a second are counted
const KEPT = 100 // answers of which latencies are told
const HISTORY = 60, STEP = 500 // points of the curve, and milliseconds between them
const LIST_STEP = 100 // classes that change more often cannot be read
const BUSY_PAUSE = 250
const FIRST_RETRY = 500, LAST_RETRY = 8000, HOPELESS = 3
const PICTURE_PATIENCE = 8000
const SMALL = 96 // the largest input that is shown enlarged beside the video
const PARTS = { encode: "encode", travel: "travel", decode: "decode", preprocess: "crop and resize", wait: "wait", forward: "network" }
const HEAT = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]] // inferno, by Smith and van der Walt

const SAID = {
  insecure: "Browsers lend a camera only to pages over HTTPS or on localhost: open this one so, or play a video file.",
  NotAllowedError: "The camera was refused: allow it beside the browser's address, or play a video file.",
  NotFoundError: "No camera was found: connect one, or play a video file.",
  NotReadableError: "The camera is busy in another program: close that, or play a video file.",
  camera: "The camera could not be started: choose another one, or play a video file.",
  gone: "The camera was disconnected: connect it again, or play a video file.",
  lost: "The connection was lost: trying again …",
  none: "This server answers no video: start it with python -m streamlit run app/server.py.",
  loading: "Loading the network …",
  waiting: "What it sees stands here, the likeliest first.",
}

const instances = new WeakMap()

export default function (component) {
  const { parentElement, data } = component
  if (!instances.has(parentElement)) instances.set(parentElement, live(parentElement))
  const instance = instances.get(parentElement)
  instance.update(data)
  return () => {
    instance.end()
    instances.delete(parentElement)
  }
}

function live(parent) {
  const $ = {}
  for (const element of parent.querySelectorAll("[data-ref]")) $[element.dataset.ref] = element
  const still = window.matchMedia("(prefers-reduced-motion: reduce)")
  const capture = document.createElement("canvas")
  const map = document.createElement("canvas")
  let data = {}, settings = 0, source = null, socket = null, ready = false, ended = false
  let retry = FIRST_RETRY, failures = 0, everOpen = false, retryTimer = 0, pausedUntil = 0
  let frame = 0, inFlight = new Map(), newest = -1, seen = null, shown = null
  let arrivals = [], latencies = [], spent = [], history = [], answered = 0, passed = 0
  let listed = 0, ticking = 0, generation = 0

  // ---- the connection

  const say = (text) => { $.status.textContent = text }
  const refuse = (text) => { $.alert.textContent = text; if (text) say("") }

  function connect() {
    clearTimeout(retryTimer)
    if (ended || !source || socket) return
    const address = new URL("./api/live", document.baseURI)
    address.protocol = address.protocol.replace("http", "ws")
    const mine = (socket = new WebSocket(address))
    mine.onopen = () => {
      if (mine !== socket) return
      everOpen = true
      sendSettings()
    }
    mine.onmessage = (event) => { if (mine === socket) receive(JSON.parse(event.data)) }
    mine.onclose = () => {
      if (mine !== socket) return
      forget()
      if (!source) return
      failures += 1
      if (!everOpen && failures >= HOPELESS) return stop(SAID.none)
      if (!$.alert.textContent) say(SAID.lost)
      retryTimer = setTimeout(connect, retry)
      retry = Math.min(2 * retry, LAST_RETRY)
    }
  }

  function forget() {
    const old = socket
    socket = null
    ready = false
    inFlight.clear()
    if (old) old.close()
  }

  function sendSettings() {
    ready = false
    settings += 1
    const { net, paint, tensor, channel } = data
    socket.send(JSON.stringify({ settings, net, paint, tensor, channel }))
    if (!answered) say(SAID.loading)
  }

  function receive(message) {
    if (message.kind === "ready") {
      failures = 0 // not when it opens: a full house opens, refuses and closes
      retry = FIRST_RETRY
      ready = message.settings === settings
      if (ready) { refuse(""); look() }
    } else if (message.kind === "answer") {
      take(message)
    } else {
      if (message.frame != null) inFlight.delete(message.frame)
      if (message.kind === "dropped") { passed += 1; pausedUntil = performance.now() + BUSY_PAUSE; say(message.said) }
      else { refuse(message.said); pausedUntil = performance.now() + 4 * BUSY_PAUSE }
    }
  }

  // ---- from the picture to the network

  function look() {
    if (!source || !ready || socket.readyState !== WebSocket.OPEN || $.video.readyState < 2 || !$.video.videoWidth) return
    if (inFlight.size >= data.most || performance.now() < pausedUntil) { passed += 1; return }
    const begun = performance.now()
    const scale = Math.min(1, data.side / Math.min($.video.videoWidth, $.video.videoHeight))
    const width = Math.round($.video.videoWidth * scale), height = Math.round($.video.videoHeight * scale)
    if (capture.width !== width || capture.height !== height) Object.assign(capture, { width, height })
    const pen = capture.getContext("2d", { alpha: false, willReadFrequently: true })
    pen.imageSmoothingQuality = "high"
    pen.drawImage($.video, 0, 0, width, height)
    const number = (frame = (frame + 1) % 2 ** 32)
    if (seen) drawTiny()
    // at once: toBlob waits until the browser has nothing else to do, which while a video plays may take long
    const letters = atob(capture.toDataURL("image/jpeg", QUALITY).split(",")[1])
    const message = new Uint8Array(4 + letters.length)
    new DataView(message.buffer).setUint32(0, number)
    for (let i = 0; i < letters.length; i++) message[4 + i] = letters.charCodeAt(i)
    inFlight.set(number, { begun, encode: performance.now() - begun })
    socket.send(message)
  }

  function watch(mine) {
    if (mine !== generation || ended) return
    look()
    if ($.video.requestVideoFrameCallback) $.video.requestVideoFrameCallback(() => watch(mine))
    else {
      const time = $.video.currentTime
      const wait = () => ($.video.currentTime === time && mine === generation ? requestAnimationFrame(wait) : watch(mine))
      requestAnimationFrame(wait)
    }
  }

  // ---- from the network to the page

  function take(answer) {
    const sent = inFlight.get(answer.frame), now = performance.now()
    inFlight.delete(answer.frame)
    if (!sent) return
    const latency = now - sent.begun, took = answer.milliseconds
    const travel = Math.max(0, latency - sent.encode - took.total)
    answered += 1
    arrivals.push(now)
    latencies = [...latencies, latency].slice(-KEPT)
    spent = [...spent, { ...took, encode: sent.encode, travel }].slice(-KEPT)
    if (answer.settings !== settings || answer.frame < newest) return
    newest = answer.frame
    if ($.status.textContent) say("")
    if ($.alert.textContent) refuse("")
    if (!seen) place(answer.seen)
    paint(answer.map)
    if (now - listed >= LIST_STEP || !shown) {
      listed = now
      list((shown = answer.top))
    }
  }

  function place(part) {
    seen = part
    const [left, top, width, height] = part.map((share) => `${100 * share}%`)
    for (const element of [$.seen, $.paint]) Object.assign(element.style, { left, top, width, height })
    $.seen.hidden = part[2] > 0.999 && part[3] > 0.999
  }

  function paint(painted) {
    const pen = $.paint.getContext("2d")
    $.legend.hidden = !painted
    if (!painted) { pen.clearRect(0, 0, $.paint.width, $.paint.height); return }
    const bytes = atob(painted.values), cam = data.paint === "cam"
    Object.assign(map, { width: painted.width, height: painted.height })
    const image = new ImageData(painted.width, painted.height)
    for (let i = 0; i < bytes.length; i++) {
      const value = bytes.charCodeAt(i), place = 4 * i
      for (let c = 0; c < 3; c++) image.data[place + c] = HEATS[3 * value + c]
      image.data[place + 3] = cam ? 0.8 * value : 165 // what Grad-CAM finds unimportant stays visible
    }
    map.getContext("2d").putImageData(image, 0, 0)
    const width = $.paint.clientWidth, height = $.paint.clientHeight
    if ($.paint.width !== width || $.paint.height !== height) Object.assign($.paint, { width, height })
    pen.clearRect(0, 0, width, height)
    pen.imageSmoothingQuality = "high"
    pen.drawImage(map, 0, 0, width, height)
    $.low.textContent = number(painted.low)
    $.high.textContent = number(painted.high)
  }

  function drawTiny() {
    const [height, width] = data.size
    if (Math.max(height, width) > SMALL) return
    if ($.tiny.width !== width || $.tiny.height !== height) Object.assign($.tiny, { width, height })
    const pen = $.tiny.getContext("2d")
    pen.imageSmoothingQuality = "high"
    const [left, top, wide, high] = seen
    const sizes = [left * capture.width, top * capture.height, wide * capture.width, high * capture.height]
    pen.drawImage(capture, ...sizes, 0, 0, width, height)
    $.inset.hidden = false
  }

  /** The answer's place while there is none: a sentence, and as many empty bars as there will be classes. */
  function wait() {
    list(Array.from({ length: data.guesses ?? 0 }, (_, place) => [place ? "" : SAID.waiting, 0]))
    $.guesses.dataset.waits = true
  }

  function list(guesses) {
    delete $.guesses.dataset.waits
    while ($.guesses.children.length < guesses.length) {
      const row = document.createElement("li")
      row.append(...["span", "b", "i"].map((tag) => document.createElement(tag)))
      $.guesses.append(row)
    }
    guesses.forEach(([label, probability], place) => {
      const [name, percent, bar] = $.guesses.children[place].children
      name.textContent = label
      percent.textContent = percentage(probability)
      bar.style.setProperty("--share", probability)
    })
  }

  function tick() {
    const now = performance.now()
    arrivals = arrivals.filter((time, place) => now - time < FPS_WINDOW || place >= arrivals.length - 2)
    const rate = arrivals.length > 1 ? ((arrivals.length - 1) * 1000) / (now - arrivals[0]) : 0
    history = [...history, rate].slice(-HISTORY)
    curve()
    if (!answered) return
    $.fps.textContent = rate.toFixed(1)
    const keeps = rate >= data.target
    $.verdict.textContent = keeps ? `✓ ${data.target} fps` : `below ${data.target} fps`
    $.verdict.dataset.keeps = keeps
    const sorted = [...latencies].sort((a, b) => a - b)
    $.p95.textContent = milliseconds(sorted[Math.ceil(0.95 * sorted.length) - 1])
    $.median.textContent = milliseconds(sorted[Math.floor((sorted.length - 1) / 2)])
    $.answered.textContent = whole(answered)
    $.passed.textContent = whole(passed)
    breakdown()
  }

  function curve() {
    const highest = Math.max(1.5 * data.target, ...history) * 1.08, y = (rate) => 72 - (72 * rate) / highest
    const points = history.map((rate, place) => `${(300 * (HISTORY - history.length + place)) / (HISTORY - 1)},${y(rate).toFixed(1)}`)
    $.curve.setAttribute("points", points.join(" "))
    $.area.setAttribute("d", points.length > 1 ? `M${points[0].split(",")[0]},72 L${points.join(" L")} L300,72 Z` : "")
    $.target.setAttribute("y1", y(data.target))
    $.target.setAttribute("y2", y(data.target))
    $.mark.style.setProperty("--at", `${(100 * y(data.target)) / 72}%`)
  }

  function breakdown() {
    const mean = (part) => spent.reduce((sum, one) => sum + one[part], 0) / spent.length
    for (const part of Object.keys(PARTS)) {
      const value = mean(part)
      $.stack.querySelector(`[data-part=${part}]`).style.flexGrow = value
      $.parts.querySelector(`[data-part=${part}] b`).textContent = milliseconds(value)
    }
  }

  // ---- sources

  async function start(kind, open) {
    stop()
    refuse("")
    const mine = generation
    try {
      await open(mine)
    } catch (error) {
      if (mine !== generation) return
      stop(SAID[error.name] ?? error.said ?? SAID.camera)
      return
    }
    if (mine !== generation) return
    source = kind
    state("running")
    say(SAID.loading)
    $.picture.style.aspectRatio = `${$.video.videoWidth} / ${$.video.videoHeight}`
    mirror()
    ticking = setInterval(tick, STEP)
    connect()
    watch(mine)
  }

  async function camera(mine, id) {
    if (!window.isSecureContext || !navigator.mediaDevices) throw { said: SAID.insecure }
    const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 60 } }
    const stream = await navigator.mediaDevices.getUserMedia({ video: id ? { ...wanted, deviceId: { exact: id } } : wanted, audio: false })
    if (mine !== generation) { stream.getTracks().forEach((track) => track.stop()); return }
    for (const track of stream.getTracks()) track.onended = () => { if (mine === generation) stop(SAID.gone) }
    $.video.srcObject = stream
    await pictures(SAID.camera)
    await offerCameras(stream)
  }

  async function offerCameras(stream) {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput")
    const current = stream.getVideoTracks()[0]?.getSettings().deviceId
    $.devices.replaceChildren(...cameras.map((device, place) => new Option(device.label || `camera ${place + 1}`, device.deviceId)))
    $.devices.value = current ?? ""
    $.cameras.hidden = cameras.length < 2
  }

  async function fromFile(file) {
    if (!file.size) throw { said: `${file.name} is empty: choose another file.` }
    $.video.src = URL.createObjectURL(file)
    $.video.loop = true
    await pictures(`${file.name} is no video that this browser can play: choose an MP4 or WebM file.`)
  }

  async function fromPhotograph(mine) {
    const image = new Image()
    image.src = data.photograph
    await image.decode()
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 })
    const pen = canvas.getContext("2d")
    const begun = performance.now()
    const draw = () => {
      if (mine !== generation || ended) return
      const time = still.matches ? 0 : (performance.now() - begun) / 1000
      const zoom = 1.25 + 0.2 * Math.sin(time / 2.3), scale = zoom * Math.max(640 / image.width, 480 / image.height)
      const width = image.width * scale, height = image.height * scale
      const x = ((640 - width) * (1 + Math.sin(time / 1.7))) / 2, y = ((480 - height) * (1 + Math.cos(time / 2.9))) / 2
      pen.drawImage(image, x, y, width, height)
      setTimeout(draw, 1000 / 60)
    }
    draw()
    $.video.srcObject = canvas.captureStream()
    await pictures(SAID.camera)
  }

  function pictures(sentence) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject({ said: sentence }), PICTURE_PATIENCE)
      const fail = () => { clearTimeout(timer); reject({ said: sentence }) }
      $.video.onerror = fail
      $.video.onloadeddata = () => {
        clearTimeout(timer)
        if (!$.video.videoWidth) fail()
        else $.video.play().then(resolve, fail)
      }
    })
  }

  function stop(sentence = "") {
    const playing = source
    generation += 1
    source = null
    clearInterval(ticking)
    clearTimeout(retryTimer)
    forget()
    $.video.onerror = $.video.onloadeddata = null
    $.video.pause()
    if ($.video.srcObject) for (const track of $.video.srcObject.getTracks()) track.stop()
    $.video.srcObject = null
    if ($.video.src) { URL.revokeObjectURL($.video.src); $.video.removeAttribute("src"); $.video.load() }
    $.video.loop = false
    failures = 0
    everOpen = false
    retry = FIRST_RETRY
    pausedUntil = 0
    arrivals = []; latencies = []; spent = []; history = []; answered = 0; passed = 0
    newest = -1; seen = null; shown = null
    $.inset.hidden = $.legend.hidden = $.cameras.hidden = true
    $.paint.getContext("2d").clearRect(0, 0, $.paint.width, $.paint.height)
    wait()
    state("poster")
    say("")
    refuse(sentence)
    if (playing && parent.contains(parent.getRootNode().activeElement)) $.camera.focus()
  }

  function state(name) {
    $.root.dataset.state = name
    $.bar.hidden = name === "poster"
    $.poster.hidden = name !== "poster"
    if (name === "poster") $.picture.style.aspectRatio = ""
  }

  function mirror() {
    $.mirroring.hidden = source !== "camera"
    $.picture.dataset.mirrored = source === "camera" && $.mirror.checked
  }

  function update(given) {
    const before = JSON.stringify([data.net, data.paint, data.tensor, data.channel])
    data = given
    $.promise.textContent = data.promise
    $.poster.style.setProperty("--photograph", `url("${data.photograph}")`)
    $.painted.textContent = data.painted
    $.mark.textContent = `${data.target} fps`
    $.insetsize.textContent = `seen as ${data.size.join("×")}`
    if (!source) { wait(); curve() }
    if (before === JSON.stringify([data.net, data.paint, data.tensor, data.channel])) return
    seen = null
    $.inset.hidden = true
    if (socket?.readyState === WebSocket.OPEN) sendSettings()
  }

  function end() {
    ended = true
    stop()
  }

  for (const [part, words] of Object.entries(PARTS)) {
    const slice = document.createElement("i"), row = document.createElement("li"), value = document.createElement("b")
    slice.dataset.part = row.dataset.part = part
    value.textContent = "–"
    row.append(words, value)
    $.stack.append(slice)
    $.parts.append(row)
  }
  $.camera.onclick = () => start("camera", (mine) => camera(mine))
  $.devices.onchange = () => { const id = $.devices.value; start("camera", (mine) => camera(mine, id)) }
  $.choose.onclick = () => $.file.click()
  $.file.onchange = () => { const [file] = $.file.files; $.file.value = ""; if (file) start("file", () => fromFile(file)) }
  $.demo.onclick = () => start("photograph", fromPhotograph)
  $.stop.onclick = () => stop()
  $.mirror.onchange = mirror
  stop()
  return { update, end }
}

const HEATS = Uint8ClampedArray.from({ length: 768 }, (_, index) => {
  const at = (Math.floor(index / 3) / 255) * (HEAT.length - 1), low = Math.min(Math.floor(at), HEAT.length - 2)
  return HEAT[low][index % 3] + (at - low) * (HEAT[low + 1][index % 3] - HEAT[low][index % 3])
})

// As resnet_core/units.py writes them: what only rounds to all, or to nothing, says so.
export function percentage(share) {
  const text = (100 * share).toFixed(1)
  if (text === "100.0" && share < 1) return ">99.9 %"
  return text === "0.0" && share > 0 ? "<0.1 %" : `${text} %`
}

const milliseconds = (value) => (value >= 100 ? `${Math.round(value).toLocaleString("en")} ms` : `${value.toFixed(1)} ms`)
const whole = (value) => value.toLocaleString("en")
const number = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(2))
