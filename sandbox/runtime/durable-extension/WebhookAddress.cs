// The Functions host's way to tell an extension its webhook's address is marked as not for others, who have no webhooks.
#pragma warning disable CS0618
using Microsoft.Azure.WebJobs.Host.Config;
using Microsoft.Extensions.DependencyInjection;

namespace Sandbox.DurableExtension;

/// <summary>
/// Where the extension's HTTP API is to be reached from outside: on the runtime's port. Without it, a start that was made is
/// answered 500, since the answer names that address.
/// </summary>
internal sealed class WebhookAddress(Settings settings) : IWebHookProvider
{
    public Uri GetUrl(IExtensionConfigProvider extension) =>
        new($"{settings.RuntimeUrl}/runtime/webhooks/durabletask?code={Uri.EscapeDataString(settings.WebhookKey)}");
}

internal static class WebhookAddressRegistration
{
    public static IServiceCollection AddWebhookAddress(this IServiceCollection services, Settings settings) =>
        services.AddSingleton<IWebHookProvider>(new WebhookAddress(settings));
}
