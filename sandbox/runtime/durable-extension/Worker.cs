using System.Net.Http.Json;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Sandbox.DurableExtension;

/// <summary>A function of the application that the extension runs: an orchestration, or else an activity.</summary>
public sealed record DurableFunction(string Name, bool IsOrchestration);

/// <summary>The local runtime, which holds the application, in the place of a language worker.</summary>
public sealed class Worker
{
    private static readonly TimeSpan retryDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>As the Functions host reads a worker's JSON: what looks like a date stays the text that it is.</summary>
    private static readonly JsonSerializerSettings jsonSettings = new() { DateParseHandling = DateParseHandling.None };

    private readonly HttpClient client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Settings settings;

    internal Worker(Settings settings) => this.settings = settings;

    /// <summary>Functions are static methods, which find their worker here.</summary>
    internal static Worker Current { get; set; } = null!;

    /// <summary>Gives what the orchestrator says at the end of a turn.</summary>
    public static Task<object?> RunOrchestration(string name, string payload) => Current.Run("orchestrations", name, payload, null);

    /// <summary>Gives the activity's result. An input of null is none.</summary>
    public static Task<object?> RunActivity(string name, string? input, string instanceId) =>
        Current.Run("activities", name, input, instanceId);

    /// <summary>The durable functions that the application has registered, asked for until the runtime serves.</summary>
    internal async Task<IReadOnlyList<DurableFunction>> ListFunctions()
    {
        using var response = await Send(() => Request(HttpMethod.Get, "/admin/functions", "x-functions-key", settings.MasterKey));
        response.EnsureSuccessStatusCode();
        var functions = JArray.Parse(await response.Content.ReadAsStringAsync());
        return [.. functions.SelectMany(ReadDurable)];
    }

    private static IEnumerable<DurableFunction> ReadDurable(JToken function)
    {
        var name = (string)function["name"]!;
        foreach (var binding in function["config"]!["bindings"]!)
        {
            switch ((string?)binding["type"])
            {
                case "orchestrationTrigger":
                    yield return new(name, IsOrchestration: true);
                    break;
                case "activityTrigger":
                    yield return new(name, IsOrchestration: false);
                    break;
            }
        }
    }

    private async Task<object?> Run(string kind, string name, string? input, string? instanceId)
    {
        var body = JsonConvert.SerializeObject(new { input, instanceId });
        using var response = await Send(() =>
        {
            var request = Request(HttpMethod.Post, $"/sandbox/invocations/{kind}/{name}", "x-sandbox-key", settings.ControlKey);
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            return request;
        });
        response.EnsureSuccessStatusCode();
        var answer = JsonConvert.DeserializeObject<JObject>(await response.Content.ReadAsStringAsync(), jsonSettings)!;
        // The words of the Functions host for what a worker throws: the extension finds the worker's own message by them.
        return answer["error"] is JObject error
            ? throw new InvalidOperationException($"Result: Failure\nException: {error["message"]}\nStack: {error["stack"]}")
            : answer["result"];
    }

    /// <summary>Sends until there is an answer: a runtime that ends is started again, and begins the invocation anew.</summary>
    private async Task<HttpResponseMessage> Send(Func<HttpRequestMessage> create)
    {
        while (true)
        {
            try
            {
                using var request = create();
                var response = await client.SendAsync(request);
                if (response.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable)
                {
                    return response;
                }

                response.Dispose();
            }
            catch (HttpRequestException)
            {
                // Not there, or gone in the middle.
            }

            await Task.Delay(retryDelay);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path, string keyHeader, string key)
    {
        var request = new HttpRequestMessage(method, settings.RuntimeUrl + path);
        request.Headers.Add(keyHeader, key);
        return request;
    }
}
