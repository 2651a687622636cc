// What is looked at, and what was measured, for the map on the same page, which may come before or after.
export default function ({ data, setTriggerValue }) {
  const meeting = (globalThis.networkMap ??= {});
  if (meeting.look?.net !== data.net) meeting.look = {};
  Object.assign(meeting.look, data);
  if ("op" in data) meeting.send = setTriggerValue;
  meeting.met?.();
  return () => { if ("op" in data) delete meeting.look.op; };
}
