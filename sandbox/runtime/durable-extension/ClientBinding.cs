using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;

namespace Sandbox.DurableExtension;

/// <summary>The JSON that the extension gives to functions with a durable client: the runtime hands it on to the application's.</summary>
public static class ClientBinding
{
    private const string FunctionName = "SandboxClientBinding";

    [NoAutomaticTrigger]
    [FunctionName(FunctionName)]
    public static void Write([DurableClient] string client, string file)
    {
        using (var stream = new FileStream($"{file}.new", PrivateFile()))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(client);
        }

        File.Move($"{file}.new", file, overwrite: true);
    }

    /// <summary>For this user alone: the addresses carry a key.</summary>
    private static FileStreamOptions PrivateFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!System.OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    internal static Task WriteTo(string file, IJobHost host) =>
        host.CallAsync(FunctionName, new Dictionary<string, object> { [nameof(file)] = file });
}
