import { z } from 'zod';
import { sqlServerSchema } from './sql.ts';

/** How Add-AzurePackConnector behaves the next time it runs. */
export const transcriptVariants = [
  'success',
  /** A step line says 'Error': nothing is configured. */
  'error',
  /** Status words that no published transcript has come between, then Success. */
  'unknownWords',
  /** The session ends without a Success line, and nothing is configured. */
  'silent',
  /** The session ends without a Success line, and the endpoint goes on to succeed some minutes later. */
  'brokenBeforeSuccess',
] as const;
export type TranscriptVariant = (typeof transcriptVariants)[number];

/**
 * The format of the output files is unpublished: a reader has to take any of these. `utf16` is JSON as Out-File writes
 * it.
 */
export const dataFileFormats = ['json', 'xml', 'text', 'utf16'] as const;
export type DataFileFormat = (typeof dataFileFormats)[number];

export const dataFileFaults = ['empty', 'huge', 'otherCloud', 'html'] as const;
export type DataFileFault = (typeof dataFileFaults)[number];

const cloudSchema = z.strictObject({ name: z.string(), endpoint: z.string() });
export type AzurePackCloud = z.infer<typeof cloudSchema>;

const sharedFileSchema = z.strictObject({
  name: z.string(),
  text: z.string(),
  /** Windows PowerShell's own encoding, with its mark; UTF-8 otherwise. */
  isUtf16: z.boolean().default(false),
  writtenAt: z.iso.datetime(),
});
export type SharedFile = z.infer<typeof sharedFileSchema>;

/** What a machine says of an Authenticode signature (`SignatureStatus` of System.Management.Automation). */
const signatureStatuses = ['Valid', 'NotSigned', 'HashMismatch', 'NotTrusted', 'UnknownError'] as const;
export type SignatureStatus = (typeof signatureStatuses)[number];

const connectorPackage = z.strictObject({
  uri: z.string(),
  sha256: z.string(),
  sizeBytes: z.int(),
  kind: z.enum(['connector', 'urlRewrite']),
  /** Of the Tenant API in a connector package, or of URL Rewrite. */
  version: z.string(),
  /** Of the installer, or of each program and script in a connector package. */
  signature: z.enum(signatureStatuses).default('Valid'),
});
export type OfferedPackage = z.infer<typeof connectorPackage>;

/**
 * What belongs to Azure Stack as a whole, or to nobody's machine alone: its identity provider, the privileged
 * endpoint's behaviour, multi-cloud mode, what can be downloaded, and what must never happen and did.
 */
export const connectorStateSchema = z.strictObject({
  azureStack: z.strictObject({
    portalFqdn: z.string(),
    /**
     * What tokens for the Tenant API are issued by: `https://adfs.<stack>/adfs/<guid>/`, or the login's of a directory.
     */
    realm: z.string(),
    /** The token signing certificate, DER in base64. */
    signingCertificate: z.string(),
  }),
  privilegedEndpoint: z
    .strictObject({
      /** Accounts that the session configuration lets in, as `DOMAIN\\name`. */
      operators: z.array(z.string()).default(['AZURESTACK\\CloudAdmin']),
      hasAzurePackCommand: z.boolean().default(true),
      isCredSspRefusedByPolicy: z.boolean().default(false),
      outputShare: z.string().default('\\\\su1fileserver\\SU1_Infrastructure_1\\AzurePackConnectorOutput'),
      format: z.enum(dataFileFormats).default('json'),
      /** One for each run to come; success when there are none left. */
      nextTranscripts: z.array(z.enum(transcriptVariants)).default([]),
      /** By the name of the cloud. */
      dataFileFaults: z.record(z.string(), z.enum(dataFileFaults)).default({}),
    })
    .prefault({}),
  multiCloud: z
    .strictObject({
      isOn: z.boolean().default(false),
      azureStackCloudName: z.string().optional(),
      clouds: z.array(cloudSchema).default([]),
      /** How often Add-AzurePackConnector came to succeed, and how often it was disabled. */
      addCount: z.int().default(0),
      disableCount: z.int().default(0),
      lastRunEndedMs: z.number().default(0),
      /** What the endpoint goes on with although the session that asked for it is gone. */
      pending: z
        .strictObject({ dueMs: z.number(), azureStackCloudName: z.string(), clouds: z.array(cloudSchema) })
        .optional(),
    })
    .prefault({}),
  /** What lies in the privileged endpoint's output share. */
  outputFiles: z.array(sharedFileSchema).default([]),
  packages: z.array(connectorPackage).default([]),
  /** By the name that connection strings use. */
  sqlServers: z.record(z.string(), sqlServerSchema).default({}),
  /** The virtual machines that a tenant has, by the host name of the WAP cloud's Tenant API. */
  virtualMachines: z.record(z.string(), z.array(z.string())).default({}),
  /** What must never happen: tests assert that it is empty. */
  violations: z.array(z.string()).default([]),
});
export type ConnectorState = z.infer<typeof connectorStateSchema>;
