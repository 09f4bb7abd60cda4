namespace Sandbox.DurableExtension;

/// <summary>What the supervisor tells by the environment of this process.</summary>
/// <param name="AppFolder">Folder of the application, with its host.json.</param>
/// <param name="RuntimeUrl">Where the local runtime serves the application, without a slash at the end.</param>
/// <param name="MasterKey">Opens the runtime's list of functions.</param>
/// <param name="ControlKey">Opens the runtime's invocations.</param>
/// <param name="WebhookKey">The system key that the extension puts into the URLs it makes.</param>
/// <param name="ClientFile">Where the JSON of the durable client's binding is written once the extension serves.</param>
internal sealed record Settings(
    string AppFolder,
    string RuntimeUrl,
    string MasterKey,
    string ControlKey,
    string WebhookKey,
    string ClientFile)
{
    public static Settings FromEnvironment() => new(
        Read("SANDBOX_APP_DIR"),
        Read("SANDBOX_RUNTIME_URL"),
        Read("SANDBOX_MASTER_KEY"),
        Read("SANDBOX_CONTROL_KEY"),
        Read("SANDBOX_DURABLE_KEY"),
        Read("SANDBOX_DURABLE_CLIENT_FILE"));

    private static string Read(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException($"The environment variable {name} is not set.");
}
