// An OCPP station on the public npm package `ocpp-rpc` in strict mode: every call and answer, ours and the server's, is
// validated against the package's schemas. Boots, charges for --seconds, accepts charging profiles; for 1.6 and 2.0.1.
//
//   node ocpp_rpc_client.mjs --url ws://HOST:PORT/PATH --id ID --version 1.6|2.0.1 [--password P] [--ca F] [--cert F --key F]
//                            [--seconds N] [--power W]
//
// Says one JSON object a line: {"called", "params", "answer"}, {"handled", "params", "answer"}, {"violation"}; at the end
// {"summary"}. Ends with 0 if it was accepted and nothing violated the schemas.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const peers = path.resolve(process.env.BUSBAR_PEERS ?? path.join(here, '../../build/peers'));
const { RPCClient, createRPCError } = createRequire(path.join(peers, 'node', 'package.json'))('ocpp-rpc');

const text = { type: 'string' };
const { values: options } = parseArgs({
    options: {
        url: text, id: text, version: { type: 'string', default: '1.6' }, password: text, ca: text, cert: text, key: text,
        seconds: { type: 'string', default: '30' }, power: { type: 'string', default: '7400' },
    },
});
const is16 = options.version === '1.6';
const summary = { accepted: false, violations: 0, profiles: 0, calls: 0, errors: 0 };
const profiles = new Map();
let transaction = null;
let meterWh = 500;

function say(what) {
    process.stdout.write(JSON.stringify({ at: Date.now() / 1000, ...what }) + '\n');
}

function tls() {
    const files = { ca: options.ca, cert: options.cert, key: options.key };
    return Object.fromEntries(Object.entries(files).filter(([, file]) => file).map(([name, file]) => [name, readFileSync(file)]));
}

const client = new RPCClient({
    endpoint: options.url, identity: options.id, protocols: [is16 ? 'ocpp1.6' : 'ocpp2.0.1'], strictMode: true,
    password: options.password, reconnect: false, callTimeoutMs: 10_000, respondWithDetailedErrors: false, wsOpts: tls(),
});
client.on('strictValidationFailure', ({ method, params, result, outbound, error }) => {
    summary.violations += 1;
    say({ violation: method, params, result, outbound, error: String(error.message ?? error), details: error.details });
});
client.on('badMessage', ({ error }) => {
    summary.violations += 1;
    say({ violation: 'bad message', error: String(error.message ?? error) });
});

async function call(method, params) {
    summary.calls += 1;
    try {
        const answer = await client.call(method, params);
        say({ called: method, params, answer });
        return answer;
    } catch (error) {
        summary.errors += 1;
        say({ called: method, params, error: error.rpcErrorCode ?? String(error) });
        throw error;
    }
}

function handle(method, answerTo) {
    client.handle(method, ({ params }) => {
        const answer = answerTo(params);
        say({ handled: method, params, answer });
        return answer;
    });
}

// ---- what the server asks -------------------------------------------------------------------------------------------

handle('SetChargingProfile', (params) => {
    const profile = is16 ? params.csChargingProfiles : params.chargingProfile;
    profiles.set(is16 ? profile.chargingProfileId : profile.id, profile);
    summary.profiles += 1;
    return { status: 'Accepted' };
});
handle('ClearChargingProfile', (params) => {
    const wanted = is16 ? params.id : params.chargingProfileId;
    const found = wanted === undefined ? profiles.size > 0 : profiles.has(wanted);
    wanted === undefined ? profiles.clear() : profiles.delete(wanted);
    return { status: found ? 'Accepted' : 'Unknown' };
});
handle('TriggerMessage', () => ({ status: 'NotImplemented' }));
if (is16) {
    handle('GetConfiguration', (params) => {
        const known = { NumberOfConnectors: '1', SupportedFeatureProfiles: 'Core,SmartCharging', ChargeProfileMaxStackLevel: '5',
            ChargingScheduleAllowedChargingRateUnit: 'Power', ChargingScheduleMaxPeriods: '12', MaxChargingProfilesInstalled: '5' };
        const wanted = params.key?.length ? params.key : Object.keys(known);
        return {
            configurationKey: wanted.filter((key) => key in known).map((key) => ({ key, readonly: true, value: known[key] })),
            unknownKey: wanted.filter((key) => !(key in known)),
        };
    });
    handle('ChangeConfiguration', () => ({ status: 'NotSupported' }));
} else {
    handle('GetVariables', (params) => ({
        getVariableResult: params.getVariableData.map((wanted) => ({ ...wanted, attributeStatus: 'UnknownVariable' })),
    }));
    handle('SetVariables', (params) => ({
        setVariableResult: params.setVariableData.map(({ component, variable }) =>
            ({ component, variable, attributeStatus: 'Rejected' })),
    }));
    handle('GetBaseReport', () => ({ status: 'NotSupported' }));
}
client.handle(({ method, params }) => {
    say({ handled: method, params, error: 'NotImplemented' });
    throw createRPCError('NotImplemented');
});

// ---- what the station does ------------------------------------------------------------------------------------------

const now = () => new Date().toISOString();

async function until(condition, step) {
    while (!condition()) {
        await step();
        await sleep(1000);
    }
}

async function charge16(stop) {
    await call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing', timestamp: now() });
    const { idTagInfo } = await call('Authorize', { idTag: 'TAG-1' });
    if (idTagInfo.status !== 'Accepted') throw new Error(`TAG-1 is ${idTagInfo.status}`);
    ({ transactionId: transaction } = await call('StartTransaction',
        { connectorId: 1, idTag: 'TAG-1', meterStart: Math.round(meterWh), timestamp: now() }));
    await call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp: now() });
    await until(stop, () => call('MeterValues', {
        connectorId: 1, transactionId: transaction,
        meterValue: [{ timestamp: now(), sampledValue: readings().map(([measurand, unit, value]) =>
            ({ measurand, unit, value: value.toFixed(1), context: 'Sample.Periodic' })) }],
    }));
    await call('StopTransaction', { transactionId: transaction, meterStop: Math.round(meterWh), timestamp: now(), reason: 'Local' });
    await call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp: now() });
}

async function charge201(stop) {
    const idToken = { idToken: 'TAG-1', type: 'ISO14443' };
    let seqNo = 0;
    const event = (eventType, triggerReason, chargingState, more = {}) => call('TransactionEvent', {
        eventType, triggerReason, seqNo: seqNo++, timestamp: now(), evse: { id: 1, connectorId: 1 },
        transactionInfo: { transactionId: transaction, chargingState }, ...more,
    });
    transaction = randomUUID();
    await call('StatusNotification', { timestamp: now(), connectorStatus: 'Occupied', evseId: 1, connectorId: 1 });
    const { idTokenInfo } = await call('Authorize', { idToken });
    if (idTokenInfo.status !== 'Accepted') throw new Error(`TAG-1 is ${idTokenInfo.status}`);
    await event('Started', 'Authorized', 'Charging', { idToken });
    await until(stop, () => event('Updated', 'MeterValuePeriodic', 'Charging', {
        meterValue: [{ timestamp: now(), sampledValue: readings().map(([measurand, unit, value]) =>
            ({ measurand, unitOfMeasure: { unit }, value, context: 'Sample.Periodic' })) }],
    }));
    await event('Ended', 'StopAuthorized', 'Idle');
    await call('StatusNotification', { timestamp: now(), connectorStatus: 'Available', evseId: 1, connectorId: 1 });
}

// The least of what the held profiles (in W) allow now, and what the car takes at most; below 6 A on three phases it pauses.
function offered() {
    let power = Number(options.power);
    for (const profile of profiles.values()) {
        const schedule = is16 ? profile.chargingSchedule : profile.chargingSchedule[0];
        const elapsed = (Date.now() - Date.parse(schedule.startSchedule)) / 1000;
        if (schedule.chargingRateUnit !== 'W' || elapsed < 0 || elapsed >= (schedule.duration ?? Infinity)) continue;
        const period = schedule.chargingSchedulePeriod.filter(({ startPeriod }) => startPeriod <= elapsed).at(-1);
        if (period) power = Math.min(power, period.limit);
    }
    return power < 6 * 230 * 3 ? 0 : power;
}

function readings() {
    const power = offered();
    say({ power_w: power, meter_wh: meterWh });
    meterWh += power / 3600;
    return [['Power.Active.Import', 'W', power], ['Energy.Active.Import.Register', 'Wh', Math.round(meterWh * 10) / 10]];
}

try {
    await client.connect();
    summary.subprotocol = client.protocol;
    const boot = await call('BootNotification', is16
        ? { chargePointVendor: 'interop', chargePointModel: 'rpc-16' }
        : { reason: 'PowerUp', chargingStation: { vendorName: 'interop', model: 'rpc-201' } });
    if (boot.status !== 'Accepted') throw new Error(`boot: ${boot.status}`);
    const end = Date.now() + Number(options.seconds) * 1000;
    await (is16 ? charge16 : charge201)(() => Date.now() >= end);
    await call('Heartbeat', {});
    summary.accepted = true;
} catch (error) {
    summary.error = String(error.message ?? error);
}
summary.profiles_held = [...profiles.keys()].sort((a, b) => a - b);
say({ summary });
await client.close({ code: 1000, awaitPending: false }).catch(() => {});
process.exit(summary.accepted && summary.violations === 0 ? 0 : 1);
