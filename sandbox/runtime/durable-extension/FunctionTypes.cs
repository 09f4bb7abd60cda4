using System.Reflection;
using System.Reflection.Emit;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;

namespace Sandbox.DurableExtension;

/// <summary>The types in which WebJobs looks for functions.</summary>
internal sealed class FunctionTypes(params Type[] types) : ITypeLocator
{
    public IReadOnlyList<Type> GetTypes() => types;

    /// <summary>
    /// A type with one method for each durable function of the application, made at the start as the Functions host makes it. To the
    /// extension a trigger that is bound to a text belongs to another process: it speaks the protocol of the language workers.
    /// </summary>
    public static Type Define(IEnumerable<DurableFunction> functions)
    {
        var type = AssemblyBuilder
            .DefineDynamicAssembly(new AssemblyName("Application"), AssemblyBuilderAccess.Run)
            .DefineDynamicModule("Application")
            .DefineType("Functions", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        foreach (var function in functions)
        {
            if (function.IsOrchestration)
            {
                DefineMethod(type, function.Name, nameof(Worker.RunOrchestration), new Parameter("payload", typeof(OrchestrationTriggerAttribute)));
            }
            else
            {
                DefineMethod(type, function.Name, nameof(Worker.RunActivity), new Parameter("input", typeof(ActivityTriggerAttribute)), new Parameter("instanceId", null));
            }
        }

        return type.CreateType();
    }

    private readonly record struct Parameter(string Name, Type? Trigger);

    /// <summary>A method of this name whose body calls a method of <see cref="Worker"/> with the name and its own arguments.</summary>
    private static void DefineMethod(TypeBuilder type, string name, string calls, params Parameter[] parameters)
    {
        var types = Array.ConvertAll(parameters, _ => typeof(string));
        var method = type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, typeof(Task<object?>), types);
        method.SetCustomAttribute(AttributeOf(typeof(FunctionNameAttribute), name));
        var body = method.GetILGenerator();
        body.Emit(OpCodes.Ldstr, name);
        for (var index = 0; index < parameters.Length; index++)
        {
            var builder = method.DefineParameter(index + 1, ParameterAttributes.None, parameters[index].Name);
            if (parameters[index].Trigger is { } trigger)
            {
                builder.SetCustomAttribute(AttributeOf(trigger));
            }

            body.Emit(OpCodes.Ldarg, (short)index);
        }

        body.Emit(OpCodes.Call, typeof(Worker).GetMethod(calls)!);
        body.Emit(OpCodes.Ret);
    }

    private static CustomAttributeBuilder AttributeOf(Type attribute, params object[] arguments) =>
        new(attribute.GetConstructor(Array.ConvertAll(arguments, argument => argument.GetType()))!, arguments);
}
