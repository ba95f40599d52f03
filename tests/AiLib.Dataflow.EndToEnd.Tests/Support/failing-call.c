// Runs a command of which some calls on some paths fail, all threads counted together:
//
//     failing-call CALL ERROR FIRST LAST REPORT PATH... -- COMMAND...
//
// The calls of this number on these paths (with a * at its end: on all that begin so) from the FIRST to the LAST are not made and return ERROR; with ERROR 0
// they are made with half of their third argument, which is a short write. REPORT gets how many there were, how many of them failed, and the path of the first
// that did. Linux on x86-64. Of strace, which can do nearly the same, each thread has a count of its own: the first write of one fails together with the first of
// another, and never alone.
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static char **paths;
static int path_count;

static void start(long call, char **command)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };

    // Until somebody watches, such calls would not work at all.
    raise(SIGSTOP);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("seccomp");
        _exit(120);
    }

    execvp(command[0], command);
    perror(command[0]);
    _exit(121);
}

static int is_meant(const char *path)
{
    for (int i = 0; i < path_count; i++) {
        size_t length = strlen(paths[i]);
        if (length > 0 && paths[i][length - 1] == '*' ? strncmp(path, paths[i], length - 1) == 0 : strcmp(path, paths[i]) == 0) {
            return 1;
        }
    }

    return 0;
}

// The path that a call is about: a name that it is given, or that of its file.
static int path_of(pid_t thread, const struct user_regs_struct *call, char *path)
{
    unsigned long name = call->orig_rax == SYS_openat ? call->rsi : call->orig_rax == SYS_rename ? call->rdi : 0;
    if (name == 0) {
        char link[64];
        snprintf(link, sizeof link, "/proc/%d/fd/%d", thread, (int)call->rdi);
        ssize_t length = readlink(link, path, PATH_MAX - 1);
        path[length < 0 ? 0 : length] = 0;
        return length > 0;
    }

    // Up to the end of its page; what is behind that may not be there.
    size_t length = 0;
    do {
        size_t most = 4096 - (name + length) % 4096;
        if (length + most >= PATH_MAX) {
            most = PATH_MAX - 1 - length;
        }

        struct iovec here = { path + length, most }, there = { (void *)(name + length), most };
        ssize_t read = most == 0 ? 0 : process_vm_readv(thread, &here, 1, &there, 1, 0);
        if (read <= 0) {
            return 0;
        }

        if (memchr(path + length, 0, (size_t)read) != NULL) {
            return 1;
        }

        length += (size_t)read;
    } while (1);
}

int main(int argc, char **argv)
{
    int end = 6;
    while (end < argc && strcmp(argv[end], "--") != 0) {
        end++;
    }

    if (end >= argc - 1) {
        fputs("failing-call CALL ERROR FIRST LAST REPORT PATH... -- COMMAND...\n", stderr);
        return 122;
    }

    static char which[PATH_MAX];
    long number = atol(argv[1]), error = atol(argv[2]), first = atol(argv[3]), last = atol(argv[4]), seen = 0, failed = 0;
    paths = argv + 6;
    path_count = end - 6;
    pid_t child = fork();
    if (child == 0) {
        start(number, argv + end + 1);
    }

    int status, ended = 0;
    if (waitpid(child, &status, WUNTRACED) != child
        || ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) != 0) {
        perror("ptrace");
        kill(child, SIGKILL);
        return 123;
    }

    kill(child, SIGCONT);
    for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
        if (!WIFSTOPPED(status)) {
            ended = thread == child ? status : ended;
            continue;
        }

        int event = status >> 16;
        struct user_regs_struct call;
        char path[PATH_MAX];
        if (event == PTRACE_EVENT_SECCOMP && ptrace(PTRACE_GETREGS, thread, 0, &call) == 0 && path_of(thread, &call, path) && is_meant(path)
            && ++seen >= first && seen <= last) {
            if (failed++ == 0) {
                strcpy(which, path);
            }

            if (error == 0) {
                call.rdx = call.rdx / 2;
            } else {
                // No call at all, and what it returned.
                call.orig_rax = (unsigned long)-1;
                call.rax = (unsigned long)-error;
            }

            ptrace(PTRACE_SETREGS, thread, 0, &call);
        }

        ptrace(PTRACE_CONT, thread, 0, event != 0 ? 0 : WSTOPSIG(status));
    }

    FILE *report = fopen(argv[5], "w");
    if (report == NULL || fprintf(report, "%ld %ld %s\n", seen, failed, which) < 0 || fclose(report) != 0) {
        perror(argv[5]);
        return 124;
    }

    return WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
}
