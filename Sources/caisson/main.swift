import Kernel

// The front end that starts in a millisecond: what needs the server's libraries is handed to `caisson-server`.
Host.exit(CommandLineProgram.main())
