using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Sandbox.DurableExtension;

// The section of the configuration from which WebJobs binds its extensions, under the name that the Functions host gives it.
const string hostSection = "AzureFunctionsJobHost";

var settings = Settings.FromEnvironment();
Worker.Current = new Worker(settings);
var functions = FunctionTypes.Define(await Worker.Current.ListFunctions());

using var host = new HostBuilder()
    .ConfigureAppConfiguration(configuration => configuration
        .AddInMemoryCollection(new Dictionary<string, string?> { ["AzureWebJobsConfigurationSection"] = hostSection })
        .AddInMemoryCollection(ReadHostJson(settings.AppFolder))
        // What overrides host.json there overrides it here: AzureFunctionsJobHost__extensions__durableTask__…
        .AddEnvironmentVariables())
    .ConfigureLogging(logging => logging
        .AddConsole()
        .SetMinimumLevel(LogLevel.Warning)
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace))
    .ConfigureWebJobs(builder => builder.AddDurableTask())
    .ConfigureServices(services => services
        .AddSingleton<ITypeLocator>(new FunctionTypes(functions, typeof(ClientBinding)))
        .AddWebhookAddress(settings))
    .UseConsoleLifetime(options => options.SuppressStatusMessages = true)
    .Build();

await host.StartAsync();
await ClientBinding.WriteTo(settings.ClientFile, host.Services.GetRequiredService<IJobHost>());
EndWithParent(host.Services.GetRequiredService<IHostApplicationLifetime>());
Console.WriteLine("{\"ready\":true}");
await host.WaitForShutdownAsync();

static IEnumerable<KeyValuePair<string, string?>> ReadHostJson(string folder) =>
    new ConfigurationBuilder()
        .AddJsonFile(Path.GetFullPath(Path.Combine(folder, "host.json")))
        .Build()
        .AsEnumerable()
        .Select(pair => KeyValuePair.Create($"{hostSection}:{pair.Key}", pair.Value));

// The parent holds the other end of standard input: it closes when the parent ends, however that happens.
static void EndWithParent(IHostApplicationLifetime lifetime) => _ = Task.Run(() =>
{
    using var input = Console.OpenStandardInput();
    input.CopyTo(Stream.Null);
    lifetime.StopApplication();
});
