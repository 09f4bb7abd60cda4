import { join } from 'node:path';
import { azuriteArguments, azuriteEnvironment, isAzuriteReadyLine } from '../azurite/azurite-process.ts';
import { cloudEnvironment, commonEnvironment, extensionEnvironment, runtimeEnvironment } from './child-environment.ts';
import type { ChildOptions } from './child-process.ts';
import { programArguments } from './programs.ts';
import { storageAccount } from './stack-info.ts';
import type { StackPlan } from './stack-plan.ts';

const readyTimeoutMs = 60_000;

export function azuriteChild(plan: StackPlan): ChildOptions {
  const settings = {
    root: plan.root,
    location: join(plan.options.directory, 'azurite'),
    ports: plan.ports,
    certificateFile: plan.ca.certificateFile,
    keyFile: plan.ca.keyFile,
  };
  return {
    name: 'azurite',
    args: azuriteArguments(settings),
    environment: { ...commonEnvironment(plan), ...azuriteEnvironment(storageAccount, plan.secrets.storageKey) },
    logDirectory: plan.logDirectory,
    isReadyLine: isAzuriteReadyLine,
    readyTimeoutMs,
  };
}

export function cloudChild(plan: StackPlan): ChildOptions {
  return {
    name: 'cloud',
    args: programArguments(plan.root, 'cloud'),
    environment: cloudEnvironment(plan),
    logDirectory: plan.logDirectory,
    isReadyLine: isJsonReadyLine,
    readyTimeoutMs,
  };
}

/** The clock's offset is read each time, so a runtime that is started again has the time of now. */
export function runtimeChild(plan: StackPlan): ChildOptions {
  const preload = join(plan.root, 'sandbox', 'runtime', 'clock-preload.cjs');
  return {
    name: 'runtime',
    args: ['--require', preload, ...programArguments(plan.root, 'runtime')],
    environment: runtimeEnvironment(plan),
    logDirectory: plan.logDirectory,
    isReadyLine: isJsonReadyLine,
    readyTimeoutMs,
  };
}

/** `program` is what build.ts of the extension has built. */
export function extensionChild(plan: StackPlan, program: string): ChildOptions {
  return {
    name: 'durable-extension',
    program: 'dotnet',
    args: [program],
    environment: extensionEnvironment(plan),
    logDirectory: plan.logDirectory,
    isReadyLine: isJsonReadyLine,
    readyTimeoutMs,
  };
}

export function vpnChild(plan: StackPlan): ChildOptions {
  return {
    name: 'vpn',
    args: programArguments(plan.root, 'vpn'),
    environment: {
      ...commonEnvironment(plan),
      SANDBOX_DIR: plan.options.directory,
      SANDBOX_CONTROL_URL: `http://127.0.0.1:${plan.ports.control}`,
    },
    logDirectory: plan.logDirectory,
    isReadyLine: isJsonReadyLine,
    readyTimeoutMs,
  };
}

function isJsonReadyLine(line: string): boolean {
  return /^\{.*"ready"\s*:\s*true.*\}$/.test(line);
}
